"""Which image is the first one."""

from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._ecs.reference import ImageReference, parse
from ansible_collections.calstack.aws.plugins.module_utils._ecs.registry import first_image
from ecs_account import REPOSITORY, push
from emulator import account

URI = f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/{REPOSITORY}"
DIGEST = f"sha256:{'a1' * 32}"
START = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def ecr():
    with account() as aws:
        aws("ecr").create_repository(repositoryName=REPOSITORY)
        aws("ecr").push = lambda tag: push(aws, tag)
        yield aws("ecr")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("calstack:v1", ImageReference(tag="v1")),
        (f"{URI}:v1", ImageReference(tag="v1")),
        (f"{URI}@{DIGEST}", ImageReference(digest=DIGEST)),
        (f"calstack:v1@{DIGEST}", ImageReference("v1", DIGEST)),
    ],
)
def test_forms(text, expected):
    assert parse(text, URI) == expected


@pytest.mark.parametrize("text", ["calstack", "calstack:", f"{URI}@sha256:12", "calstack:v 1", ":v1"])
def test_no_form(text):
    with pytest.raises(InputError, match="give NAME:TAG"):
        parse(text, URI)


def test_another_repository_is_refused():
    with pytest.raises(InputError, match="is in the repository 'other', but this environment pulls from"):
        parse("other:v1", URI)


def test_empty_means_the_newest_with_a_tag(monkeypatch):
    """Pushed times are AWS's: a page of them, newest in the middle, with the untagged part of a larger image last."""

    class Ecr:
        def get_paginator(self, name):
            assert name == "describe_images"
            return self

        def paginate(self, **given):
            assert given == {
                "repositoryName": REPOSITORY,
                "registryId": "123456789012",
                "filter": {"tagStatus": "TAGGED"},
            }
            images = [("v1", 0), ("v3", 20), ("v2", 10)]
            for tag, minutes in images:
                yield {"imageDetails": [_image(tag, minutes)]}
            yield {"imageDetails": [_image("", 30)]}

    assert first_image(Ecr(), "", URI) == f"{URI}@sha256:v3"


def _image(tag, minutes):
    tags = {"imageTags": [tag]} if tag else {}
    return {"imageDigest": f"sha256:{tag}", "imagePushedAt": START + timedelta(minutes=minutes)} | tags


def test_a_tag_becomes_a_digest(ecr):
    digest = ecr.push("v1")
    ecr.push("v2")
    assert first_image(ecr, "calstack:v1", URI) == f"{URI}@{digest}"
    assert first_image(ecr, f"{URI}@{digest}", URI) == f"{URI}@{digest}"


def test_a_missing_one_is_said_with_what_there_is(ecr):
    ecr.push("v1")
    with pytest.raises(InputError, match=r"app_image 'calstack:v9' is not in .*/calstack. The newest tags there: v1\."):
        first_image(ecr, "calstack:v9", URI)


@pytest.mark.parametrize("image", ["", "calstack:v9"])
def test_an_empty_repository_has_none_yet(ecr, image):
    assert first_image(ecr, image, URI) is None


def test_neither_has_a_repository_that_is_not_there(ecr):
    assert first_image(ecr, "", f"{URI}-other") is None
