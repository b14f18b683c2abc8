"""One lab for the tests of a file, ended whatever happens."""

import os
from collections.abc import Iterator

import pytest

from lab.settings import CHECKOUT, Settings
from tests.integration.laboratory import Laboratory

NETWORK = f"127.{100 + os.getpid() % 100}"
"""Its own for each run of pytest, so that two can run side by side."""


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    home = tmp_path_factory.mktemp("lab")
    own = Laboratory(Settings(home=home, network=NETWORK, cache=CHECKOUT / ".cache/lab"))
    try:
        own.up()
        yield own
    finally:
        own.lab("down")
