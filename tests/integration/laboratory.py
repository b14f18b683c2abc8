"""A lab of the tests' own, the playbooks against it, and what they called."""

import json
import os
import signal
import ssl
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import httpx

from lab import environment
from lab.process import Identity, members
from lab.settings import CHECKOUT, Settings

BIN = Path(sys.executable).parent


@dataclass
class Laboratory:
    """`settings` tell it from the user's own lab."""

    settings: Settings
    shell: Mapping[str, str] = field(default_factory=dict)
    edge: bool = False
    """Whether environments have one. Most tests are about what is behind it, and ask the balancer."""

    def up(self) -> None:
        self.lab("up")
        self.shell = environment.variables(self.settings)

    def lab(self, *words: str, code: int | None = 0) -> str:
        """`python -m lab WORDS`; its output. A `code` of None takes any exit code."""
        command = [sys.executable, "-m", "lab", *words]
        done = subprocess.run(
            command, cwd=CHECKOUT, env=self._environment(), capture_output=True, text=True, check=False, timeout=300
        )
        assert code is None or done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def play(self, playbook: str, *options: str, inventory: str = "local", code: int | None = 0, **environ: str) -> str:
        """`ansible-playbook PLAYBOOK -i inventories/INVENTORY OPTIONS`; its output."""
        done = self.start(playbook, *options, inventory=inventory, **environ)
        output, _ = done.communicate()
        assert code is None or done.returncode == code, output
        return output

    def start(self, playbook: str, *options: str, inventory: str = "local", **environ: str) -> "subprocess.Popen[str]":
        way = () if self.edge else ("-e", '{"dns_enabled": false}')
        return subprocess.Popen(
            [BIN / "ansible-playbook", playbook, "-i", f"inventories/{inventory}", *way, *options],
            cwd=CHECKOUT,
            env=self._environment() | environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )

    def client(self, service: str) -> Any:
        session: Any = boto3.Session()  # its type knows services by literals only
        return session.client(
            service, endpoint_url=self.settings.aws_endpoint, region_name=self.settings.region,
            aws_access_key_id=environment.ACCESS_KEY, aws_secret_access_key=environment.SECRET_KEY,
        )  # fmt: skip

    def web(self) -> httpx.Client:
        """A client of the application, through the balancer and TLS."""
        context = ssl.create_default_context(cafile=self.shell["LAB_CA"])
        return httpx.Client(base_url=self.shell["LAB_URL"], verify=context, timeout=10, trust_env=False)

    def started(self) -> dict[str, Identity]:
        """What the lab has started and not ended, by name (`lab`, `envoy`, `database`, `task ID`), as it records it."""
        found = {}
        for record in (self.settings.run / "processes").glob("*"):
            with suppress(FileNotFoundError):  # one that ends while we look
                text = record.read_text()
                found[text.split(maxsplit=2)[2].strip()] = Identity.parse(text)
        return found

    def processes(self) -> list[int]:
        """The pids of all that is the lab's: of what it has started, and of what that has started."""
        return sorted(pid for leader in self.started().values() for pid in members(leader))

    def calls(self) -> list[dict[str, Any]]:
        """Every call the emulator has answered, oldest first."""
        complete, _, _ = (self.settings.logs / "aws-calls.jsonl").read_text().rpartition("\n")
        return [json.loads(line) for line in complete.splitlines()]

    def writes_since(self, number: int) -> list[str]:
        """The actions of the writing calls after the first `number` calls."""
        return [f"{call['service']}:{call['action']}" for call in self.calls()[number:] if call["writes"]]

    def _environment(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LAB_", "ANSIBLE_"))}
        own = self.settings
        lab = {
            "LAB_HOME": str(own.home),
            "LAB_NETWORK": own.network,
            "LAB_RUNNER": own.runner,
            "LAB_ENGINE": own.engine,
        }
        return clean | {"PATH": f"{BIN}:{os.environ['PATH']}"} | lab | dict(self.shell)


def kill_tree(root: int) -> None:
    """SIGKILL a process and all its descendants: Ansible's workers lead sessions of their own, a group is not all.

    They are stopped first, so that none starts another unseen.
    """
    stopped: set[int] = set()
    while running := {root, *descendants(root)} - stopped:
        for pid in running:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
        stopped |= running
    for pid in stopped:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def descendants(root: int) -> list[int]:
    children = defaultdict(list)
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
            children[int(parent)].append(int(entry.name))
    found = [root]
    for pid in found:
        found += children[pid]
    return found[1:]


def changed(output: str) -> int:
    """The recap's `changed`, summed over the components."""
    recap = output.rpartition("PLAY RECAP")[2]
    return sum(int(word.partition("=")[2]) for word in recap.split() if word.startswith("changed="))


def play_until(laboratory: Laboratory, said: str, playbook: str, *options: str) -> None:
    """Play, and kill everything of it as soon as it has said so."""
    running = laboratory.start(playbook, *options)
    lines = []
    try:
        assert running.stdout
        for line in running.stdout:
            lines.append(line)
            if said in line:
                return
    finally:
        kill_tree(running.pid)
        running.communicate()
    raise AssertionError(f"it never said {said!r}:\n{''.join(lines)}")
