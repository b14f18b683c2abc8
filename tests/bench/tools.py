"""The two tools: how each runs a phase."""

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lab.settings import CHECKOUT
from tests.bench.emulator import KEYS, Emulator

HERE = Path(__file__).resolve().parent
PHASES = ("apply", "plan", "noop", "change", "destroy")


@dataclass(frozen=True)
class Step:
    command: list[str]
    folder: Path
    env: Mapping[str, str]


class Tool(Protocol):
    name: str

    def prepare(self, folder: Path, emulator: Emulator) -> list[Step]:
        """What to run once before the first phase."""
        ...

    def step(self, phase: str, value: str) -> Step:
        """The command of a phase; `value` is what the phase `change` changes."""
        ...

    def modules(self) -> int | None:
        """The modules the last step ran; None for a tool that has none."""
        ...


def environment(emulator: Emulator) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ANSIBLE_", "LAB_"))}
    return clean | KEYS | {"AWS_ENDPOINT_URL": emulator.endpoint}


class Terraform:
    """`terraform/` beside this file. A new image tag is its change."""

    def __init__(self, parallelism: int = 10) -> None:
        self.name = "terraform"
        self._parallelism = parallelism

    def prepare(self, folder: Path, emulator: Emulator) -> list[Step]:
        self._folder = folder / "terraform"
        shutil.copytree(HERE / "terraform", self._folder)
        self._env = environment(emulator) | {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
        self._certificate = emulator.certificate_arn
        plugins = os.environ.get("TF_PLUGIN_DIR")
        local = [f"-plugin-dir={plugins}"] if plugins else []
        return [Step(["terraform", "init", "-input=false", "-no-color", *local], self._folder, self._env)]

    def step(self, phase: str, value: str) -> Step:
        verb = {"plan": ["plan", "-detailed-exitcode"], "destroy": ["destroy", "-auto-approve"]}
        options = ["-input=false", "-no-color", f"-parallelism={self._parallelism}"]
        variables = [f"-var=image_tag={value}", f"-var=certificate_arn={self._certificate}"]
        command = ["terraform", *verb.get(phase, ["apply", "-auto-approve"]), *options, *variables]
        return Step(command, self._folder, self._env)

    def modules(self) -> int | None:
        return None


class Site:
    """site.yml of this checkout, at the size of the Terraform stack. A new setting of the application is its change."""

    def __init__(self) -> None:
        self.name = "site.yml"

    def prepare(self, folder: Path, emulator: Emulator) -> list[Step]:
        self._count = folder / "modules"
        self._env = environment(emulator) | {
            "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callbacks"),
            "ANSIBLE_CALLBACKS_ENABLED": "calstack.aws.preload,module_count",
            "BENCH_MODULE_COUNT": str(self._count),
            # Nobody asks it: the database is left out, and the local inventory wants a loopback address all the same.
            "MONGODB_ATLAS_BASE_URL": "http://127.0.0.1:9",
            "MONGO_URI": "mongodb://bench:bench@127.0.0.1/calstack",
        }
        self._certificate = emulator.certificate_arn
        return []

    def step(self, phase: str, value: str) -> Step:
        playbook = "playbooks/destroy.yml" if phase == "destroy" else "site.yml"
        own = {"alb_certificate_arn": self._certificate, "bench_value": value, "destroy_confirm": "local"}
        command = [str(Path(sys.executable).with_name("ansible-playbook")), playbook, "-i", "inventories/local"]
        # Terraform's stack has neither database nor edge nor alarms nor a role for GitHub.
        command += [
            "--limit",
            "all:!atlas:!dns:!monitoring:!delivery",
            "-e",
            f"@{HERE}/site.yml",
            *(f"-e{name}={text}" for name, text in own.items()),
        ]
        command += ["--check"] if phase == "plan" else []
        return Step(command, CHECKOUT, self._env)

    def modules(self) -> int | None:
        return int(self._count.read_text()) if self._count.exists() else None
