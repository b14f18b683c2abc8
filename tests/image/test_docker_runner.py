"""Tasks in containers of a real engine. The image is PYTHON_IMAGE. Without an engine or the image they are skipped."""

import os
import secrets
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import engine
from lab.ecs.docker_runner import DockerHandle, DockerRunner, container_name
from lab.ecs.runner import TaskSpec
from lab.engine import Engine, EngineError
from lab.images import ContainerImage
from lab.settings import DOCKER, Settings
from tests.image.engine import do_without
from tests.waiting import until

ENGINE = os.environ.get("LAB_ENGINE") or os.environ.get("DOCKER") or "docker"
BASE = os.environ.get("PYTHON_IMAGE") or "docker.io/library/python:3.12-slim"
OBEDIENT = (
    "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(4)); print('up', flush=True); signal.pause()"
)
DEAF = (
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True)\nwhile True: signal.pause()"
)


def lab(folder: Path, network: str = "127.98") -> Settings:
    (folder / "run" / "ca").mkdir(parents=True)
    (folder / "run" / "ca" / "ca.pem").write_text("a certificate")
    return Settings(folder, network, folder, runner=DOCKER, engine=ENGINE)


@pytest.fixture(scope="module")
def image() -> ContainerImage:
    asked = Engine(Settings(Path("/none"), "127.98", Path("/none"), engine=ENGINE))
    try:
        asked.check()
    except EngineError as error:
        do_without(f"no container engine: {error}")
    if not asked.call("image", "ls", "--quiet", BASE):
        try:
            asked.call("pull", "--quiet", BASE, patience=300)
        except EngineError as error:
            do_without(f"{BASE} is not to be had ({error}): name another by PYTHON_IMAGE")
    return ContainerImage("app", "sha256:0", BASE, {"APP_VERSION": "1"}, ())


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    made = lab(tmp_path / "lab")
    engine.remember(made)
    yield made
    engine.sweep(made)


def start(
    settings: Settings, image: ContainerImage, task: str, program: str, *, init: bool = False, **environment: str
) -> DockerHandle:
    command = ("python", "-c", program)
    log = settings.logs / f"{task}.log"
    return DockerRunner(settings).start(TaskSpec(task, image, "127.98.16.1", log, environment, command, init=init))


def name(settings: Settings, task: str) -> str:
    """A task's id: its container's name is known to the whole engine."""
    return f"{task}-{os.getpid()}-{settings.home.parent.name}"


def said(settings: Settings, task: str) -> list[str]:
    log = settings.logs / f"{task}.log"
    return log.read_text().splitlines() if log.exists() else []


def ended(handle: DockerHandle) -> int:
    until(lambda: handle.poll() is not None, "an exit code", 30)
    code = handle.poll()
    assert code is not None
    return code


def test_it_prints_into_its_log_and_ends_with_its_code(settings: Settings, image: ContainerImage) -> None:
    task = name(settings, "code")
    handle = start(settings, image, task, "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)")
    assert ended(handle) == 3
    assert sorted(said(settings, task)) == ["err", "out"]
    assert Engine(settings).own() == {}


def test_sigterm_reaches_it(settings: Settings, image: ContainerImage) -> None:
    task = name(settings, "term")
    handle = start(settings, image, task, OBEDIENT)
    until(lambda: said(settings, task), "the task's first words", 30)
    assert handle.poll() is None
    assert list(Engine(settings).own()) == [container_name(task)]
    handle.terminate()
    assert ended(handle) == 4
    assert Engine(settings).own() == {}


def test_sigterm_before_there_is_a_container_reaches_it_too(settings: Settings, image: ContainerImage) -> None:
    handle = start(settings, image, name(settings, "early"), "import signal; signal.pause()", init=True)
    handle.terminate()
    assert ended(handle) == 128 + signal.SIGTERM
    assert Engine(settings).own() == {}


def test_what_does_not_hear_is_killed(settings: Settings, image: ContainerImage) -> None:
    task = name(settings, "deaf")
    handle = start(settings, image, task, DEAF)
    until(lambda: said(settings, task), "the task's first words", 30)
    handle.terminate()
    time.sleep(1)
    assert handle.poll() is None
    handle.kill()
    assert ended(handle) == 137
    assert Engine(settings).own() == {}


def test_what_it_is_told_is_in_no_command_line(settings: Settings, image: ContainerImage) -> None:
    task, secret = name(settings, "told"), secrets.token_hex(8)
    tell = "import os; print([os.environ[n] for n in ('SECRET', 'HOME', 'BIND', 'APP_VERSION')], flush=True);"
    program, bind = tell + OBEDIENT, "0.0.0.0:80"
    handle = start(settings, image, task, program, SECRET=f"{secret}\nmore", HOME=f"/{secret}", BIND=bind)
    until(lambda: len(said(settings, task)) == 2, "the task's first words", 30)
    assert said(settings, task)[0] == str([f"{secret}\nmore", f"/{secret}", "127.98.16.1:80", "1"])
    lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    assert any(task.encode() in line for line in lines)
    assert not [line for line in lines if secret.encode() in line]
    args = Engine(settings).call("inspect", "--format", "{{.Path}} {{.Args}}", container_name(task))
    assert "python" in args
    assert secret not in args
    handle.kill()
    ended(handle)


def test_it_may_do_nothing_but_write_to_tmp(settings: Settings, image: ContainerImage) -> None:
    task = name(settings, "rights")
    program = (
        "import os, pathlib\n"
        "print(os.getuid(), os.getgid())\n"
        "status = dict(l.split(':', 1) for l in open('/proc/self/status').read().splitlines())\n"
        "print(int(status['CapEff'], 16), int(status['NoNewPrivs']))\n"
        "pathlib.Path('/tmp/file').write_text('x')\n"
        "try: pathlib.Path('/file').write_text('x')\n"
        "except OSError as error: print(error.strerror)\n"
    )
    assert ended(start(settings, image, task, program)) == 0
    assert said(settings, task) == ["10001 10001", "0 1", "Read-only file system"]


def test_what_a_crash_leaves_is_removed_and_another_lab_s_is_not(
    settings: Settings, image: ContainerImage, tmp_path: Path
) -> None:
    other = lab(tmp_path / "other", "127.99")
    ours, theirs = name(settings, "ours"), name(other, "theirs")
    handles = [start(settings, image, ours, DEAF), start(other, image, theirs, DEAF)]
    try:
        until(lambda: said(settings, ours) and said(other, theirs), "the tasks' first words", 30)
        for row in subprocess.check_output(["ps", "-eo", "pid,args"], text=True).splitlines():
            if f"--name={container_name(ours)} " in row:
                os.kill(int(row.split()[0]), signal.SIGKILL)
        assert list(Engine(settings).own()) == [container_name(ours)]
        assert engine.sweep(settings) == [container_name(ours)]
        assert Engine(settings).own() == {}
        assert list(Engine(other).own()) == [container_name(theirs)]
        assert handles[1].poll() is None
    finally:
        engine.sweep(other)
    assert ended(handles[0]) == 137
    assert ended(handles[1]) == 137


def test_an_image_that_is_gone_is_the_engine_s_own_code(settings: Settings, image: ContainerImage) -> None:
    task = name(settings, "gone")
    missing = ContainerImage("app", "sha256:0", "127.98.0.6:5001/app:none", {}, ())
    assert ended(start(settings, missing, task, "pass")) == 125
    assert any("127.98.0.6:5001" in line for line in said(settings, task))
