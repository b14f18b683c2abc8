import boto3
import pytest

from lab.images.manifest import Layer, Manifest, make
from lab.images.reference import Reference
from lab.images.registry import Registry
from lab.part import LabError
from lab.settings import Settings


def manifest(version: str) -> Manifest:
    return make([Layer(f"sha256:{'1' * 64}", 1)], {"APP_VERSION": version}, ("python",), "x86_64")


def test_the_registry_knows_an_image_by_our_digest(registry: Registry) -> None:
    one = manifest("1")
    assert registry.find(Reference("calstack", "1")) is None
    registry.put("calstack", "1", one)
    assert registry.find(Reference("calstack", "1")) == one.digest
    assert registry.find(Reference("calstack", digest=one.digest)) == one.digest
    assert registry.find(Reference("calstack", "2")) is None
    assert registry.find(Reference("calstack", digest=manifest("2").digest)) is None


def test_what_is_there_already_is_not_put_again(registry: Registry, settings: Settings) -> None:
    for _ in range(2):
        registry.put("calstack", "1", manifest("1"))
    ecr = boto3.client("ecr", region_name=settings.region)
    assert len(ecr.describe_images(repositoryName="calstack")["imageDetails"]) == 1


def test_one_image_may_have_two_tags(registry: Registry) -> None:
    for tag in ("1", "stable"):
        registry.put("calstack", tag, manifest("1"))
    assert {registry.find(Reference("calstack", tag)) for tag in ("1", "stable")} == {manifest("1").digest}


def test_a_tag_moves_where_it_may(registry: Registry) -> None:
    registry.put("calstack", "latest", manifest("1"))
    registry.put("calstack", "latest", manifest("2"))
    assert registry.find(Reference("calstack", "latest")) == manifest("2").digest


def test_an_immutable_tag_does_not_move(registry: Registry, settings: Settings) -> None:
    ecr = boto3.client("ecr", region_name=settings.region)
    ecr.create_repository(repositoryName="calstack", imageTagMutability="IMMUTABLE")
    registry.put("calstack", "1", manifest("1"))
    with pytest.raises(LabError, match=r"tag 1 of calstack names sha256:[0-9a-f]{64} already.*another tag"):
        registry.put("calstack", "1", manifest("2"))
    registry.put("calstack", "1", manifest("1"))
    assert registry.find(Reference("calstack", "1")) == manifest("1").digest


def test_a_lab_that_is_down_is_named(settings: Settings) -> None:
    with pytest.raises(LabError, match=r"the lab does not answer at http://127\.81\.0\.1:4566: start it"):
        Registry(settings).find(Reference("calstack", "1"))
