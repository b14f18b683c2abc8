import pytest

from lab.images import ImageNotFound, ImageStore
from lab.images.manifest import Layer, make
from lab.images.reference import Reference
from lab.images.registry import Registry
from lab.images.store import registered_digest
from lab.settings import Settings

HOST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"


def resolve(settings: Settings, reference: str, lookup: str | None = None) -> str:
    asked: list[Reference] = []

    def answer(_settings: Settings, wanted: Reference) -> str | None:
        asked.append(wanted)
        return lookup

    with pytest.raises(ImageNotFound) as caught:
        ImageStore(settings, answer).resolve(reference)
    return str(caught.value)


def test_unknown_images_are_told_in_the_words_of_ecs(settings: Settings) -> None:
    reference = f"{HOST}/calstack:none"
    assert resolve(settings, reference) == (
        f"pull image manifest has been retried 1 time(s): failed to resolve ref {reference}: {reference}: not found"
    )


@pytest.mark.parametrize("host", [HOST.replace("eu-west-1", "us-east-1"), HOST.replace("123456789012", "210987654321")])
def test_other_registries_are_out_of_reach(settings: Settings, host: str) -> None:
    words = resolve(settings, f"{host}/calstack:1", lookup=f"sha256:{'0' * 64}")
    assert words.endswith("the lab is account 123456789012 in eu-west-1")


def test_what_is_no_reference(settings: Settings) -> None:
    assert resolve(settings, "Not An Image") == "invalid reference format: Not An Image"


def test_without_files_there_is_no_image(settings: Settings) -> None:
    words = resolve(settings, "calstack:1", lookup=f"sha256:{'0' * 64}")
    assert "is registered, but its files are not in the lab's cache" in words


def test_the_registry_in_this_process_knows_tags_and_digests(settings: Settings, registry: Registry) -> None:
    one, two = (make([Layer(f"sha256:{'1' * 64}", 1)], {"APP_VERSION": tag}, (), "x86_64") for tag in ("1", "2"))
    registry.put("app", "1", one)
    registry.put("app", "2", two)
    registry.put("other", "3", one)
    known = {
        reference: registered_digest(settings, Reference.parse(reference))
        for reference in ("app:1", "app:2", f"app@{two.digest}", "app:3", f"other@{two.digest}", "none:1")
    }
    assert list(known.values()) == [one.digest, two.digest, two.digest, None, None, None]
