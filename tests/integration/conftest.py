"""One lab for the tests of a file, ended whatever happens."""

from collections.abc import Iterator

import pytest

from lab.settings import CHECKOUT, Settings
from tests.integration.laboratory import Laboratory


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    home = tmp_path_factory.mktemp("lab")
    own = Laboratory(Settings(home=home, network="127.83", cache=CHECKOUT / ".cache/lab"))
    try:
        own.up()
        yield own
    finally:
        own.lab("down")
