"""A lab of the tests' own, the playbooks against it, and what they called."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3

from lab import environment
from lab.settings import CHECKOUT, Settings

BIN = Path(sys.executable).parent


@dataclass
class Laboratory:
    """`settings` tell it from the user's own lab."""

    settings: Settings
    shell: Mapping[str, str] = field(default_factory=dict)

    def up(self) -> None:
        self.lab("up")
        self.shell = environment.variables(self.settings)

    def lab(self, *words: str, code: int = 0) -> str:
        """`python -m lab WORDS`; its output."""
        done = subprocess.run(
            [sys.executable, "-m", "lab", *words], cwd=CHECKOUT, env=self._environment(), capture_output=True, text=True
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def play(self, playbook: str, *options: str, inventory: str = "local", code: int | None = 0, **environ: str) -> str:
        """`ansible-playbook PLAYBOOK -i inventories/INVENTORY OPTIONS`; its output."""
        done = self.start(playbook, *options, inventory=inventory, **environ)
        output, _ = done.communicate()
        assert code is None or done.returncode == code, output
        return output

    def start(self, playbook: str, *options: str, inventory: str = "local", **environ: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [BIN / "ansible-playbook", playbook, "-i", f"inventories/{inventory}", *options],
            cwd=CHECKOUT,
            env=self._environment() | environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )

    def client(self, service: str) -> Any:
        return boto3.client(
            service, endpoint_url=self.settings.aws_endpoint, region_name=self.settings.region,
            aws_access_key_id=environment.ACCESS_KEY, aws_secret_access_key=environment.SECRET_KEY,
        )  # fmt: skip

    def calls(self) -> list[dict[str, Any]]:
        """Every call the emulator has answered, oldest first."""
        return [json.loads(line) for line in (self.settings.logs / "aws-calls.jsonl").read_text().splitlines()]

    def writes_since(self, number: int) -> list[str]:
        """The actions of the writing calls after the first `number` calls."""
        return [f"{call['service']}:{call['action']}" for call in self.calls()[number:] if call["writes"]]

    def _environment(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LAB_", "ANSIBLE_"))}
        lab = {"LAB_HOME": str(self.settings.home), "LAB_NETWORK": self.settings.network}
        return clean | {"PATH": f"{BIN}:{os.environ['PATH']}"} | lab | dict(self.shell)


def changed(output: str) -> int:
    """The recap's `changed`, summed over the components."""
    recap = output.rpartition("PLAY RECAP")[2]
    return sum(int(word.partition("=")[2]) for word in recap.split() if word.startswith("changed="))
