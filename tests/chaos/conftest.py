"""One lab with one environment for all of these tests; each begins with it as site.yml leaves it.

CHAOS_LAB=DIR keeps the lab in DIR, and uses the one that is there: to write a test takes many runs of it.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest

from lab import environment
from lab.settings import CHECKOUT, Settings
from tests.chaos.reset import IMAGES, clear_faults, next_image, reset
from tests.chaos.runs import Controllers
from tests.chaos.scene import Scene
from tests.chaos.settled import Before, Row
from tests.chaos.users import MANY, Users, users
from tests.integration.laboratory import Laboratory

NETWORK = "127.94"
ROWS: list[Row] = []


@pytest.fixture(scope="session")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    kept = os.environ.get("CHAOS_LAB")
    home = Path(kept).absolute() if kept else tmp_path_factory.mktemp("lab")
    own = Laboratory(Settings(home=home, network=NETWORK, cache=CHECKOUT / ".cache/lab"))
    if kept and environment.path(own.settings).exists():
        own.shell = environment.variables(own.settings)
        yield own
        return
    try:
        own.up()
        for image in IMAGES:
            own.lab("image", image, "--source", "docker/example")
        own.play("site.yml", "-e", f"app_image={IMAGES[0]}")
        yield own
    finally:
        if not kept:
            own.lab("down")


@pytest.fixture
def scene(laboratory: Laboratory) -> Iterator[Scene]:
    there = Scene(laboratory)
    reset(there)
    yield there
    clear_faults(there)


@pytest.fixture
def before(scene: Scene) -> Before:
    return Before.of(scene)


@pytest.fixture
def image(scene: Scene) -> str:
    """The version to release, as NAME:TAG."""
    return next_image(scene)


@pytest.fixture
def controllers(scene: Scene) -> Iterator[Controllers]:
    own = Controllers(scene.laboratory)
    yield own
    own.end()


@pytest.fixture
def crowd(scene: Scene) -> Iterator[Users]:
    """Users from before the release to its end."""
    shell = scene.laboratory.shell
    with users(shell["LAB_URL"], shell["LAB_CA"]) as people:
        yield people


@pytest.fixture
def many(scene: Scene) -> Callable[[], AbstractContextManager[Users]]:
    """More of them, where rare errors must be counted."""
    shell = scene.laboratory.shell
    return lambda: users(shell["LAB_URL"], shell["LAB_CA"], workers=MANY)


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Callable[[Row], None]:
    """Into the table at the end."""
    name = request.node.name.removeprefix("test_").replace("_", " ")
    return lambda row: ROWS.append(replace(row, fault=name))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not ROWS:
        return
    terminalreporter.section("faults")
    width = max(len(row.fault) for row in ROWS)
    terminalreporter.line(f"{'fault':<{width}}  {'requests':>8}  {'failed':>6}  {'s to 0 %':>8}  outcome")
    for row in ROWS:
        took = "-" if row.seconds is None else f"{row.seconds:.2f}"
        terminalreporter.line(f"{row.fault:<{width}}  {row.requests:>8}  {row.failed:>6}  {took:>8}  {row.outcome}")
