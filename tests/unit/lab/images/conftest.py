from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from lab.images.registry import Registry
from lab.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "lab", network="127.81", cache=tmp_path / "cache")


@pytest.fixture
def registry(settings: Settings) -> Iterator[Registry]:
    with mock_aws():
        yield Registry(settings, boto3.client("ecr", region_name=settings.region))
