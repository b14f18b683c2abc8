"""The registry as it is reached: over HTTP, in chunks, with what GetAuthorizationToken gives."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from lab.part import LabError
from lab.registry.digests import digest
from lab.registry.part import RegistryPart
from lab.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "lab", network="127.96", cache=tmp_path / "cache")


@pytest.fixture
def part(ecr: Any, settings: Settings) -> Iterator[RegistryPart]:
    made = RegistryPart(settings)
    made.start()
    yield made
    made.stop()


def test_the_password_is_the_one_that_ecr_gives(part: RegistryPart, ecr: Any, settings: Settings) -> None:
    token = ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]
    user, _, password = base64.b64decode(token).decode().partition(":")
    url = f"http://{settings.registry}/v2/"
    assert httpx.get(url, auth=(user, password), trust_env=False).status_code == 200
    assert httpx.get(url, trust_env=False).status_code == 401
    assert part.trouble() is None


def test_a_layer_comes_in_chunks_without_a_length(part: RegistryPart, ecr: Any, settings: Settings) -> None:
    token = base64.b64decode(ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]).decode()
    user, _, password = token.partition(":")
    data = b"x" * 3_000_000
    with httpx.Client(base_url=f"http://{settings.registry}", auth=(user, password), trust_env=False) as client:
        begun = client.post("/v2/team/app/blobs/uploads/").headers["Location"]
        sent = client.patch(begun, content=(data[start : start + 70_000] for start in range(0, len(data), 70_000)))
        assert sent.headers["Range"] == f"0-{len(data) - 1}"
        assert client.put(f"{begun}?digest={digest(data)}").status_code == 201
    host, port = settings.pull_address
    assert httpx.get(f"http://{host}:{port}/v2/team/app/blobs/{digest(data)}", trust_env=False).content == data


def test_an_address_that_is_taken_is_named(part: RegistryPart, settings: Settings) -> None:
    with pytest.raises(LabError, match=r"127\.96\.0\.6:5000 is in use"):
        RegistryPart(settings).start()
    assert part.trouble() is None


def test_after_its_end_another_may_have_the_address(ecr: Any, settings: Settings) -> None:
    for _ in range(2):
        part = RegistryPart(settings)
        part.start()
        part.stop()
