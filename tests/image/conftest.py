import os
from collections.abc import Callable, Iterator

import pytest

from lab.settings import CHECKOUT
from tests.image import engine

NAME = f"calstack-image-test-{os.getpid()}"


@pytest.fixture(scope="session", autouse=True)
def _with_engine() -> None:
    if reason := engine.missing():
        engine.do_without(reason)


@pytest.fixture(scope="session")
def build() -> Iterator[Callable[..., str]]:
    """Builds an image, whose name it gives back; removes it in the end."""
    names: list[str] = []

    def made(application: object, tag: str, *options: str) -> str:
        done = engine.build(application, name := f"{NAME}:{tag}", *options)  # type: ignore[arg-type]
        assert done.returncode == 0, done.stderr
        names.append(name)
        return name

    yield made
    for name in names:
        engine.docker("image", "rm", name, check=False)


@pytest.fixture(scope="session")
def image(build: Callable[..., str]) -> str:
    return build(CHECKOUT / "docker" / "example", "1.2.3")


@pytest.fixture
def start(image: str) -> Iterator[Callable[..., engine.Container]]:
    """Starts the example, read-only and without capabilities, with more options and variables."""
    containers: list[engine.Container] = []

    def started(*options: str, **variables: str) -> engine.Container:
        containers.append(engine.Container.start(image, *engine.HARDENED, *options, **variables))
        return containers[-1]

    yield started
    for container in containers:
        container.remove()
