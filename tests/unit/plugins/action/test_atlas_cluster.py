"""Progress that a Teller tells, shown by ansible-playbook, with a module that only plays a cluster."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import CHECKOUT

PLAYBOOK = Path(sys.executable).with_name("ansible-playbook")

PLAYED = """
from __future__ import annotations
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.calstack.aws.plugins.module_utils._core.telling import Teller
module = AnsibleModule({"progress_file": {"type": "path"}}, supports_check_mode=True)
with Teller(module.params["progress_file"], clock=lambda: 0.0) as teller:
    teller.status("cluster c is CREATING, 3 min so far")
    teller.status("cluster c is CREATING, 4 min so far")
    teller.line("cluster c is IDLE after 5 min", "good")
module.exit_json(changed=False)
"""


@pytest.fixture
def play(tmp_path: Path) -> list[str]:
    collection = tmp_path / "collections/ansible_collections/calstack/aws"
    (collection / "plugins/modules").mkdir(parents=True)
    (collection / "plugins/modules/atlas_cluster.py").write_text(PLAYED)
    (collection / "galaxy.yml").symlink_to(CHECKOUT / "galaxy.yml")
    for name in ("action", "connection", "module_utils", "plugin_utils"):
        (collection / "plugins" / name).symlink_to(CHECKOUT / "plugins" / name)
    (tmp_path / "ansible.cfg").write_text("[defaults]\ncollections_path = collections\n")
    (tmp_path / "play.yml").write_text(
        "- hosts: all\n  gather_facts: false\n  tasks: [calstack.aws.atlas_cluster: {}]\n"
    )
    python = f"ansible_python_interpreter={sys.executable}"
    return [str(PLAYBOOK), "play.yml", "-i", "one,", "-e", python, "-c", "calstack.aws.warm"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("CI", "COLUMNS")}
    return kept | {"ANSIBLE_LOCAL_TEMP": str(tmp_path / "local"), "TERM": "xterm", "ANSIBLE_NOCOLOR": "1"}


def test_a_pipe_gets_lines_and_one_status_a_minute(play, environment, tmp_path):
    done = subprocess.run(play, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    told = [line for line in done.stdout.splitlines() if line.startswith("00:00:00")]
    assert told == ["00:00:00  cluster c is CREATING, 3 min so far", "00:00:00  cluster c is IDLE after 5 min"]
    assert "\x1b" not in done.stdout


def test_a_terminal_has_a_line_that_is_redrawn(play, environment, tmp_path):
    master, slave = pty.openpty()
    with subprocess.Popen(play, cwd=tmp_path, env=environment, stdin=slave, stdout=slave, stderr=slave) as process:
        os.close(slave)
        seen = b""
        while more := read(master):
            seen += more
    os.close(master)
    assert process.returncode == 0, seen.decode()
    assert "\x1b[Kcluster c is CREATING, 4 min so far\r" in seen.decode()
    assert "00:00:00  cluster c is IDLE after 5 min" in seen.decode()


def test_a_dry_run_shows_no_progress(play, environment, tmp_path):
    done = subprocess.run([*play, "--check"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "cluster c" not in done.stdout


def read(master: int) -> bytes:
    """What is there; nothing once the other side is closed, which Linux tells as an error."""
    try:
        return os.read(master, 65536)
    except OSError:
        return b""
