import os
from pathlib import Path
from typing import Any

import pytest

from lab import fault_files
from lab.ca import certificate_file
from lab.ecs.docker_runner import DockerHandle, DockerRunner, command, environment_options, options, pull_options, split
from lab.ecs.runner import TaskSpec
from lab.images import ContainerImage
from lab.process import Child
from lab.settings import DOCKER, Settings

IMAGE = ContainerImage("app", "sha256:0", "sha256:1", {"APP_VERSION": "1"}, ("python", "/entry.py"))


def spec(**more: Any) -> TaskSpec:
    return TaskSpec("7", IMAGE, "127.90.16.1", Path("/log"), **more)


def test_a_container_may_do_nothing_and_is_known_by_name_and_label() -> None:
    given = options(spec(), {"calstack.lab.home": "/lab"})
    assert {"--name=calstack-lab-7", "--label=calstack.lab.home=/lab", "--rm"} < set(given)
    assert {"--read-only", "--tmpfs=/tmp", "--user=10001:10001", "--network=host"} < set(given)
    assert {"--cap-drop=ALL", "--security-opt=no-new-privileges"} < set(given)
    assert not [word for word in given if word.startswith(("--cpus", "--memory", "--init", "--privileged"))]


def test_its_limits_are_the_task_s_but_not_more_cpus_than_there_are() -> None:
    assert {"--cpus=0.25", "--memory=512m", "--init"} < set(options(spec(cpus=0.25, memory=512, init=True), {}))
    assert f"--cpus={os.cpu_count()}" in options(spec(cpus=4096.0), {})


def test_without_a_command_the_image_s_own_runs() -> None:
    assert command(spec(), IMAGE) == ["sha256:1"]
    given = spec(command=("python", "/entry.py", "migrate"))
    assert command(given, IMAGE) == ["--entrypoint=python", "sha256:1", "/entry.py", "migrate"]


@pytest.mark.parametrize(("program", "told"), [("/usr/bin/docker", False), ("/usr/bin/podman", True)])
def test_only_podman_is_told_that_the_registry_speaks_http(program: str, told: bool) -> None:
    assert ("--tls-verify=false" in pull_options(program)) is told


def test_values_are_in_no_argument() -> None:
    inherited, filed = split({"SECRET": "a\nb", "PATH": "/hunter2", "DOCKER_HOST": "tcp://hunter3", "PATHS": "1"})
    assert inherited == {"SECRET": "a\nb", "PATHS": "1"}
    assert filed == {"PATH": "/hunter2", "DOCKER_HOST": "tcp://hunter3"}
    assert environment_options(inherited, filed) == ["--env=PATHS", "--env=SECRET", "--env-file=/dev/stdin"]
    assert environment_options(inherited, {}) == ["--env=PATHS", "--env=SECRET"]


def test_a_line_break_where_it_cannot_be_given_is_refused_by_the_variable_s_name() -> None:
    with pytest.raises(OSError, match="line break") as refusal:
        split({"HOME": "/tmp\nSECRET=hunter2"})
    assert refusal.value.filename == "HOME"
    assert "hunter2" not in str(refusal.value)


def test_the_engine_keeps_its_own_environment_and_the_task_gets_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An engine that notes what it is given."""
    engine = tmp_path / "engine"
    engine.write_text('#!/bin/sh\nprintf "%s\\n" "$PATH" "$DOCKER_HOST" "$SECRET" "$BIND" "$@"; cat\n')
    engine.chmod(0o755)
    monkeypatch.setenv("DOCKER_HOST", "unix:///own.sock")
    settings = Settings(tmp_path / "lab", "127.90", tmp_path, runner=DOCKER, engine=str(engine))
    given = {"SECRET": "hunter2", "DOCKER_HOST": "tcp://other", "PATH": "/app/bin", "BIND": "0.0.0.0:80"}
    task = TaskSpec("7", IMAGE, "127.90.16.1", settings.logs / "7.log", given)
    handle = DockerRunner(settings).start(task)
    while handle.poll() is None:
        pass
    said = task.log.read_text().splitlines()
    assert said[:5] == [os.environ["PATH"], "unix:///own.sock", "hunter2", "127.90.16.1:80", "run"]
    assert said[-3] == "sha256:1"
    assert set(said[-2:]) == {"PATH=/app/bin", "DOCKER_HOST=tcp://other"}
    arguments = said[4:-2]
    assert not [word for word in arguments if "hunter2" in word]
    mounted = [word.removeprefix("--volume=").split(":") for word in arguments if word.startswith("--volume=")]
    assert [source for source, _, _ in mounted] == [
        *map(str, fault_files.mounts(settings)),
        str(certificate_file(settings)),
    ]
    assert all(source == target and mode == "ro" for source, target, mode in mounted)


class Engine:
    """One that has no container yet, and then one."""

    def __init__(self) -> None:
        self.there = False
        self.calls: list[str] = []

    def signal(self, name: str, signal: str) -> bool:
        self.calls.append(f"{signal} {name}")
        return self.there

    def remove(self, *names: str) -> None:
        self.calls.append(f"remove {' '.join(names)}")


@pytest.fixture
def child(tmp_path: Path) -> Any:
    settings = Settings(tmp_path, "127.90", tmp_path)
    made = Child.start(settings, "task", ["sleep", "60"], log=tmp_path / "log", environment=dict(os.environ))
    yield made
    made.kill()
    made.died()


def test_a_container_that_is_not_there_yet_is_told_as_soon_as_it_is(child: Child) -> None:
    engine = Engine()
    handle = DockerHandle(engine, child, "c")  # type: ignore[arg-type]  # a fake
    assert handle.poll() is None
    assert engine.calls == []
    handle.terminate()
    assert handle.poll() is None
    engine.there = True
    assert handle.poll() is None
    assert handle.poll() is None
    assert engine.calls == ["TERM c"] * 3


def test_nothing_is_left_when_there_is_an_exit_code(child: Child) -> None:
    engine = Engine()
    handle = DockerHandle(engine, child, "c")  # type: ignore[arg-type]  # a fake
    handle.kill()
    assert handle.poll() == 137
    assert handle.poll() == 137
    assert engine.calls == ["remove c", "remove c"]
