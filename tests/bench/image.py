"""Measure the example's image beside plain ones of the same application: python -m tests.bench.image [--runs N]

The plain images are tests/bench/Dockerfile.plain on the base with compilers, as most begin (`FROM python`), and on
the slim one, which tells what the base alone is worth. Each start is a container of its own, one of each image in turn,
from `docker run` to the first 200, with the least privilege for ours and none taken away for the others. Exit code 1
when the image is larger than AIM of the plain one.

BUILD_IMAGE, PYTHON_IMAGE, PIP_CONFIG_FILE, BUILD_OPTIONS, DOCKER as for scripts/build-image and scripts/image.
"""

import argparse
import os
import re
import shlex
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lab.settings import CHECKOUT
from tests.bench.machine import wait_for_quiet
from tests.image import engine

AIM = 0.6
"""Of the plain image's size, at most."""
QUIET_SECONDS = 10
"""How long a round of starts waits at most for other processes to leave the machine alone."""
EXAMPLE = CHECKOUT / "docker" / "example"
PLAIN = CHECKOUT / "tests" / "bench" / "Dockerfile.plain"
OURS = "calstack-bench-image:ours"


@dataclass
class Subject:
    """One image; `starts` in seconds."""

    name: str
    base: str
    image: str
    size: int = 0
    starts: list[float] = field(default_factory=list)


def table(subjects: Sequence[Subject]) -> str:
    """The first is what the ratios are of."""
    ours = subjects[0]
    lines = ["| image | base | MB | ours / it | start s, median (min to max) | n |", "|---|---|---|---|---|---|"]
    for subject in subjects:
        starts = subject.starts
        spread = f"{statistics.median(starts):.2f} ({min(starts):.2f} to {max(starts):.2f})"
        cells = [subject.name, subject.base, f"{subject.size / 1e6:.0f}", f"{ours.size / subject.size:.2f}", spread]
        lines.append(f"| {' | '.join(cells)} | {len(starts)} |")
    return "\n".join(lines)


def base(argument: str) -> str:
    """What the build takes: the environment's, or the Dockerfile's default."""
    default = re.search(rf"^ARG {argument}=(\S+)", (CHECKOUT / "docker" / "Dockerfile").read_text(), re.MULTILINE)
    assert default
    return os.environ.get(argument) or default[1]


def subjects() -> list[Subject]:
    """Built, with their sizes. Raises AssertionError with the builder's words."""
    done = engine.build(EXAMPLE, OURS)
    assert done.returncode == 0, done.stderr
    made = [Subject("docker/Dockerfile", base("PYTHON_IMAGE"), OURS)]
    options = shlex.split(os.environ.get("BUILD_OPTIONS", ""))
    if config := os.environ.get("PIP_CONFIG_FILE"):
        options += ["--secret", f"id=pip,src={config}"]
    for name, argument in (("plain", "BUILD_IMAGE"), ("plain, slim base", "PYTHON_IMAGE")):
        subject = Subject(name, base(argument), f"calstack-bench-image:{argument.lower()}")
        given = ("--build-arg", f"BASE={subject.base}", "--file", str(PLAIN), "--tag", subject.image)
        engine.docker("buildx", "build", *given, *options, str(EXAMPLE))
        made.append(subject)
    for subject in made:
        subject.size = engine.inspect(subject.image)["Size"]
    return made


def start(subject: Subject, secret: Path) -> float:
    """Seconds from `docker run` to the first 200. The plain image needs the secret's file to be given."""
    begin = time.monotonic()
    if subject.image == OURS:
        container = engine.Container.start(subject.image, *engine.HARDENED)
    else:
        port = engine.free_port()
        command = ("gunicorn", "--bind", f"127.0.0.1:{port}", "--threads", "4", "app:app")
        given = [word for name, value in engine.VARIABLES.items() for word in ("--env", f"{name}={value}")]
        mount = ("--volume", f"{secret}:/app/client_secret.json:ro")
        words = ("run", "--detach", "--network", "host", *mount, *given, subject.image, *command)
        container = engine.Container(engine.docker(*words).stdout.strip(), port)
    try:
        container.wait()
        return time.monotonic() - begin
    finally:
        container.remove()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10, help="starts of each image (10)")
    runs = parser.parse_args().runs
    if reason := engine.missing():
        print(f"bench-image: skipped: {reason}")
        return 0
    made = subjects()
    try:
        with tempfile.TemporaryDirectory() as folder:
            secret = Path(folder, "client_secret.json")
            secret.write_text(engine.VARIABLES["GOOGLE_CLIENT_SECRET_JSON"])
            for subject in made:
                start(subject, secret)  # not counted: reads the files from the disk
            for _ in range(runs):
                wait_for_quiet(QUIET_SECONDS)
                for subject in made:
                    subject.starts.append(start(subject, secret))
    finally:
        for subject in made:
            engine.docker("image", "rm", "--force", subject.image, check=False)
    print(table(made))
    ratio = made[0].size / made[1].size
    met = ratio <= AIM
    print(f"size: {ratio:.2f} of the plain image's, aim at most {AIM}: {'met' if met else 'MISSED'}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
