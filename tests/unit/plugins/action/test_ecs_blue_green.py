"""The live action plugin, run by ansible-playbook with a module that only plays a release."""

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import CHECKOUT

PLAYBOOK = Path(sys.executable).with_name("ansible-playbook")

WARM = "calstack.aws.warm"

PLAYED = """
from __future__ import annotations
import os, time
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.calstack.aws.plugins.module_utils._release.progress import Event, Tick
from ansible_collections.calstack.aws.plugins.module_utils._release.progress_file import ProgressWriter
module = AnsibleModule({"progress_file": {"type": "path"}, "hold": {"type": "path"}}, supports_check_mode=True)
path = module.params["progress_file"] or ""
with ProgressWriter(path) as writer:
    writer.event(Event(0.0, "intent", "hidden", "start", 0))
    writer.event(Event(0.0, "phase", "the candidate starts", "start", 0))
    writer.tick(Tick(0.0, "r-1", "start", "blue", "green", 5, 0, 2, 90.0, "waiting for 1 of 2 tasks"))
    while os.path.exists(module.params["hold"] or ""):
        time.sleep(0.05)
    writer.event(Event(0.0, "phase", "green is stable", "promoted", 100))
module.exit_json(changed=True, mode=oct(os.stat(path).st_mode)[-3:] if path else "none")
"""


@pytest.fixture
def play(tmp_path: Path) -> list[str]:
    """The command; the play's module waits while the file `hold` is there."""
    collection = tmp_path / "collections/ansible_collections/calstack/aws"
    (collection / "plugins/modules").mkdir(parents=True)
    (collection / "plugins/modules/ecs_blue_green.py").write_text(PLAYED)
    (collection / "galaxy.yml").symlink_to(CHECKOUT / "galaxy.yml")
    for name in ("action", "connection", "module_utils", "plugin_utils"):
        (collection / "plugins" / name).symlink_to(CHECKOUT / "plugins" / name)
    (tmp_path / "ansible.cfg").write_text("[defaults]\ncollections_path = collections\ndisplay_skipped_hosts = false\n")
    (tmp_path / "play.yml").write_text(
        "- hosts: all\n  gather_facts: false\n  tasks:\n"
        f"    - calstack.aws.ecs_blue_green: {{hold: {tmp_path}/hold}}\n      register: played\n"
        "    - ansible.builtin.debug: {msg: 'mode {{ played.mode }}'}\n"
    )
    (tmp_path / "hold").touch()
    return [str(PLAYBOOK), "play.yml", "-i", "one,", "-e", f"ansible_python_interpreter={sys.executable}", "-c", WARM]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("CI", "COLUMNS", "PYTHONUNBUFFERED")}
    return kept | {"ANSIBLE_LOCAL_TEMP": str(tmp_path / "local"), "TERM": "xterm", "ANSIBLE_NOCOLOR": "1"}


def left(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "local").rglob("progress-*"))


@pytest.mark.parametrize("connection", [WARM, "local"])
def test_a_pipe_gets_plain_lines_while_the_module_works(play, environment, tmp_path, connection):
    command = [*play[:-1], connection]
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True) as process:
        lines: Iterator[str] = iter(process.stdout or ())
        early = [next(lines)]
        while "candidate green" not in early[-1]:
            early.append(next(lines, "candidate green was never told"))
        (tmp_path / "hold").unlink()
        rest = "".join(lines)
    assert process.returncode == 0
    assert "start        the candidate starts" in early[-2]
    assert "waiting for 1 of 2 tasks" in early[-1]
    assert "promoted     green is stable" in rest
    assert "mode 600" in rest
    assert "\x1b[K" not in rest
    assert "hidden" not in "".join(early)
    assert left(tmp_path) == []


def test_a_dry_run_shows_no_progress(play, environment, tmp_path):
    (tmp_path / "hold").unlink()
    done = subprocess.run([*play, "--check"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "mode none" in done.stdout
    assert "candidate" not in done.stdout


def test_a_terminal_has_a_line_that_is_redrawn_and_ctrl_c_leaves_nothing_behind(play, environment, tmp_path):
    master, slave = pty.openpty()
    process = subprocess.Popen(
        play, cwd=tmp_path, env=environment, stdin=slave, stdout=slave, stderr=slave, start_new_session=True
    )
    os.close(slave)
    try:
        seen = b""
        while b"\x1b[Kgreen" not in seen:
            seen += os.read(master, 65536)
        assert len(left(tmp_path)) == 1
        process.send_signal(signal.SIGINT)
        started = time.monotonic()
        while _more := read(master):
            seen += _more
        assert process.wait(20) != 0
        assert time.monotonic() - started < 10
    finally:
        process.kill()
        process.wait()
        os.close(master)
    text = seen.decode()
    assert "the candidate starts" in text
    assert "waiting for 1 of 2 tasks\r" in text
    assert "interrupted" in text
    assert left(tmp_path) == []


def read(master: int) -> bytes:
    """What is there; nothing once the other side is closed, which Linux tells as an error."""
    try:
        return os.read(master, 65536)
    except OSError:
        return b""
