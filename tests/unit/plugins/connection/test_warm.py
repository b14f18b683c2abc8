"""The warm connection: which commands it takes, and that a forked module is as good as a started one."""

import os
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ansible_collections.calstack.aws.plugins.connection.warm import environment_of, run_forked
from conftest import CHECKOUT
from hypothesis import given
from hypothesis import strategies as st

NAMES = st.from_regex(r"[A-Z_][A-Z0-9_]{0,8}", fullmatch=True)
VALUES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)


def shell(*words: str) -> str:
    return f"/bin/sh -c {shlex.quote(' '.join(words))}"


@given(st.dictionaries(NAMES, VALUES, max_size=4))
def test_the_plain_case_is_taken_with_its_environment(environment):
    words = [f"{name}={shlex.quote(value)}" for name, value in environment.items()]
    assert environment_of(shell(*words, sys.executable), sys.executable) == environment


@pytest.mark.parametrize(
    "command",
    [
        shell("/usr/bin/python-of-somebody-else"),
        shell(sys.executable, "async_wrapper.py"),
        shell("sudo", sys.executable),
        shell("echo", "~root"),
        f"{sys.executable} -c",
        "/bin/sh -c 'unbalanced",
        "",
    ],
)
def test_anything_else_is_left_to_the_local_connection(command):
    assert environment_of(command, sys.executable) is None


def test_streams_exit_code_and_environment_are_the_modules_own():
    code, out, err = run_forked(
        b"import os, sys; print(os.environ['LAB_WORD']); sys.stderr.write('oops'); sys.exit(3)", {"LAB_WORD": "odd"}
    )
    assert (code, out, err) == (3, b"odd\n", b"oops")
    assert "LAB_WORD" not in os.environ


def test_an_exception_is_a_traceback_and_exit_code_1():
    code, _out, err = run_forked(b"1 / 0", {})
    assert code == 1
    assert b"ZeroDivisionError" in err


def test_much_output_on_both_streams_does_not_block():
    code, out, err = run_forked(b"import sys\nfor _ in range(9): print('o' * 99999); sys.stderr.write('e' * 99999)", {})
    assert (code, len(out), len(err)) == (0, 9 * 100000, 9 * 99999)


def test_a_timeout_ends_the_module(tmp_path):
    playbook = tmp_path / "timeout.yml"
    playbook.write_text(
        "- hosts: all\n  gather_facts: false\n  tasks:\n"
        "    - ansible.builtin.wait_for: {timeout: 30}\n      timeout: 1\n"
    )
    started = time.monotonic()
    done = play(playbook)
    assert done.returncode == 2
    assert "1 second" in done.stdout
    assert time.monotonic() - started < 20


def test_modules_with_and_without_become_or_async_run(tmp_path):
    playbook = tmp_path / "ways.yml"
    playbook.write_text(
        "- hosts: all\n  gather_facts: false\n  tasks:\n"
        "    - ansible.builtin.ping:\n"
        "    - ansible.builtin.ping: {}\n      async: 20\n      poll: 1\n"
        "    - ansible.builtin.raw: echo raw\n"
        f"    - ansible.builtin.copy: {{content: x, dest: {tmp_path}/written}}\n"
    )
    done = play(playbook)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "written").read_text() == "x"


def play(playbook: Path) -> subprocess.CompletedProcess[str]:
    options = ["-i", "here,", "-c", "calstack.aws.warm", "-e", f"ansible_python_interpreter={sys.executable}"]
    command = [Path(sys.executable).with_name("ansible-playbook"), playbook, *options]
    return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True)
