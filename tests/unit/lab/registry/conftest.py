from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from werkzeug.test import Client

from lab.registry.api import RegistryApi
from lab.registry.blobs import Blobs
from lab.registry.catalog import Catalog
from lab.registry.part import blobs_of
from lab.settings import Settings
from tests.registry_pusher import PASSWORD, Pusher


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "lab", network="127.81", cache=tmp_path / "cache")


@pytest.fixture
def blobs(settings: Settings) -> Blobs:
    return blobs_of(settings)


@pytest.fixture
def ecr(settings: Settings) -> Iterator[Any]:
    """The account's ECR, with the repository `team/app`, whose tags never move."""
    with mock_aws():
        client = boto3.client("ecr", region_name=settings.region)
        client.create_repository(repositoryName="team/app", imageTagMutability="IMMUTABLE")
        yield client


@pytest.fixture
def catalog(ecr: Any, settings: Settings, blobs: Blobs) -> Catalog:
    return Catalog(settings, blobs)


@pytest.fixture
def registry(catalog: Catalog, blobs: Blobs) -> Pusher:
    return Pusher(Client(RegistryApi(catalog, blobs, PASSWORD)))


@pytest.fixture
def pull_address(catalog: Catalog, blobs: Blobs) -> Pusher:
    return Pusher(Client(RegistryApi(catalog, blobs)), password="")
