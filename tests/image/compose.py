"""The developer's machine in small: a copy of docker/, which tests may change, at ports of its own."""

import json
import os
import re
import shutil
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import yaml

from lab.settings import CHECKOUT
from tests.image import engine

ENGINE = 25  # the first with healthcheck.start_interval
VARIABLE = re.compile(r"\$\{([A-Z_]+):-([^}]*)\}")


def missing() -> str:
    """Why the three services cannot run on this engine; empty when they can."""
    if engine.docker("compose", "version", check=False).returncode:
        return "no docker compose"
    version = engine.docker("version", "--format", "{{.Server.Version}}").stdout
    if int(version.split(".")[0]) < ENGINE:
        return f"the engine is {version.strip()}, older than {ENGINE}"
    if engine.docker("network", "inspect", "bridge", check=False).returncode:
        return "the engine has no bridge"
    for image in others():
        if engine.docker("image", "inspect", image, check=False).returncode:
            pulled = engine.docker("pull", "--quiet", image, check=False)
            if pulled.returncode:
                return f"no image {image}: {pulled.stderr.strip()}"
    return ""


def others() -> list[str]:
    """The images that are not built, as the environment names them."""
    services = yaml.safe_load((CHECKOUT / "docker" / "docker-compose.yml").read_text())["services"]
    named = [service["image"] for service in services.values() if "image" in service]
    return [VARIABLE.sub(lambda found: os.environ.get(found[1]) or found[2], name) for name in named]


@dataclass(frozen=True)
class Compose:
    folder: Path
    """The copy of docker/."""
    project: str
    app_port: int
    mail_port: int

    @classmethod
    def make(cls, folder: Path, project: str) -> "Compose":
        shutil.copytree(CHECKOUT / "docker", folder, ignore=shutil.ignore_patterns(".env"))
        ports = {name: engine.free_port() for name in ("APP_PORT", "MONGO_PORT", "MAIL_PORT")}
        lines = (folder / ".env.example").read_text().splitlines()
        kept = [line for line in lines if line.partition("=")[0] not in ports]
        (folder / ".env").write_text("\n".join([*kept, *(f"{name}={port}" for name, port in ports.items()), ""]))
        return cls(folder, project, ports["APP_PORT"], ports["MAIL_PORT"])

    def run(self, *words: str) -> str:
        file = str(self.folder / "docker-compose.yml")
        return engine.docker("compose", "--project-name", self.project, "--file", file, *words).stdout

    def container(self, service: str) -> Any:
        """What the engine knows of it."""
        identifier = self.run("ps", "--all", "--quiet", service).strip()
        return json.loads(engine.docker("container", "inspect", identifier).stdout)[0]

    def python(self, program: str) -> str:
        """What a program prints that runs beside the application."""
        return self.run("exec", "--no-TTY", "app", "python", "-c", program)

    def left(self, kind: str) -> list[str]:
        """Containers, volumes or networks of this project, running or not."""
        every = ("--all",) if kind == "container" else ()
        own = f"label=com.docker.compose.project={self.project}"
        return engine.docker(kind, "ls", "--quiet", *every, "--filter", own).stdout.split()


def ask(port: int, path: str, sent: object = None) -> tuple[int, str]:
    """Status and body; what is sent is sent as JSON. Raises OSError or HTTPException."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        if sent is None:
            connection.request("GET", path)
        else:
            connection.request("POST", path, json.dumps(sent), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def shows(port: int, path: str, text: str, seconds: float) -> bool:
    """Whether the page has the text before the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if text in ask(port, path)[1]:
                return True
        except (OSError, HTTPException):
            pass  # it is being started anew
        time.sleep(0.1)
    return False
