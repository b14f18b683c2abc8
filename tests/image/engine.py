"""The container engine, through its command line, and containers that are gone when a test is over."""

import json
import os
import shlex
import socket
import subprocess
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, NoReturn

import pytest

from lab.settings import CHECKOUT

DOCKER = os.environ.get("DOCKER", "docker")
HARDENED = ("--init", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges")
"""The init process is ECS's too; see roles/ecs."""
VARIABLES = {
    "FLASK_SECRET_KEY": "k" * 40,
    "MONGO_URI": "mongodb://127.0.0.1:9/",  # nobody: the page needs no database
    "GOOGLE_CLIENT_SECRET_JSON": '{"web": {"client_id": "hunter2"}}',
}


def missing() -> str:
    """Why no image can be built here; empty when it can."""
    for words, reason in ((("info",), "no container engine"), (("buildx", "version"), "no buildx")):
        try:
            done = subprocess.run([DOCKER, *words], capture_output=True, check=False, timeout=60)
        except (OSError, subprocess.TimeoutExpired):
            return reason
        if done.returncode:
            return f"{reason}: `{DOCKER} {' '.join(words)}` fails"
    return ""


def do_without(reason: str) -> NoReturn:
    """Skip what cannot be tested here; with IMAGE_REQUIRED, as in CI, the whole run fails instead."""
    if os.environ.get("IMAGE_REQUIRED"):
        pytest.exit(f"{reason}, and IMAGE_REQUIRED is set: nothing has been tested", returncode=1)
    pytest.skip(reason)


def docker(*words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([DOCKER, *words], capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, f"docker {shlex.join(words)}: {done.stderr}"
    return done


def build(application: Path, name: str, *options: str) -> subprocess.CompletedProcess[str]:
    """By the script that everybody uses."""
    given = shlex.split(os.environ.get("BUILD_OPTIONS", ""))
    command = [str(CHECKOUT / "scripts" / "build-image"), str(application), name, *given, *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def base_arguments() -> list[str]:
    """The bases that the environment names, as scripts/build-image passes them."""
    given = {name: os.environ[name] for name in ("BUILD_IMAGE", "PYTHON_IMAGE") if os.environ.get(name)}
    return [word for item in given.items() for word in ("--build-arg", "=".join(item))]


def inspect(name: str) -> Any:
    return json.loads(docker("image", "inspect", name).stdout)[0]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@dataclass
class Container:
    """On the host's network, at a port of 127.0.0.1: no engine's bridge and no firewall rule are needed."""

    id: str
    port: int

    @classmethod
    def start(cls, image: str, *options: str, **variables: str) -> "Container":
        port = free_port()
        environment = {**VARIABLES, "BIND": f"127.0.0.1:{port}", **variables}
        given = [word for name, value in environment.items() for word in ("--env", f"{name}={value}")]
        return cls(docker("run", "--detach", "--network", "host", *options, *given, image).stdout.strip(), port)

    def get(self, path: str = "/") -> tuple[int, str]:
        """Status and body. Raises OSError or HTTPException."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def wait(self, seconds: float = 60) -> float:
        """Until it answers with 200; how many seconds that took."""
        begin = time.monotonic()
        while time.monotonic() - begin < seconds:
            try:
                if self.get()[0] == 200:
                    return time.monotonic() - begin
            except (OSError, HTTPException):
                pass
            time.sleep(0.01)
        raise AssertionError(f"no answer in {seconds} s: {self.log()}")

    def log(self) -> str:
        done = docker("logs", self.id)
        return done.stdout + done.stderr

    def python(self, program: str) -> str:
        """What a program prints that runs beside the application."""
        return docker("exec", self.id, "python", "-c", program).stdout

    def state(self) -> Any:
        return json.loads(docker("container", "inspect", self.id).stdout)[0]["State"]

    def remove(self) -> None:
        docker("rm", "--force", "--volumes", self.id, check=False)
