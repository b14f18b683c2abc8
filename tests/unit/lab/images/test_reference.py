import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.images.reference import Reference, parse_name_tag
from lab.part import LabError
from lab.registry.digests import is_digest

WORDS = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=8)
REPOSITORIES = st.lists(WORDS, min_size=1, max_size=3).map("/".join)
TAGS = st.text(string.ascii_letters + string.digits + "._-", min_size=1, max_size=20).filter(lambda t: t[0] not in ".-")
DIGESTS = st.text("0123456789abcdef", min_size=64, max_size=64).map("sha256:{}".format)
HOSTS = st.sampled_from(
    [("", None, None), ("123456789012.dkr.ecr.eu-west-1.amazonaws.com/", "123456789012", "eu-west-1")]
)


@given(HOSTS, REPOSITORIES, st.none() | TAGS, st.none() | DIGESTS)
def test_takes_apart_what_was_put_together(
    host: tuple[str, str | None, str | None], repository: str, tag: str | None, digest: str | None
) -> None:
    text = host[0] + repository + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")
    expected_tag = tag or (None if digest else "latest")
    assert Reference.parse(text) == Reference(repository, expected_tag, digest, host[1], host[2])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "UPPER:1",
        "a:b:c",
        "name@sha256:12",
        "name:tag@",
        "name:-tag",
        "docker.io:443/x",
        "name:1\n",
        "/name",
        "a b:1",
    ],
)
def test_refuses_what_is_no_reference(text: str) -> None:
    with pytest.raises(ValueError, match="no image reference"):
        Reference.parse(text)


@given(REPOSITORIES.filter(lambda name: len(name) > 1), TAGS)
def test_name_and_tag(repository: str, tag: str) -> None:
    assert parse_name_tag(f"{repository}:{tag}") == (repository, tag)


@pytest.mark.parametrize(
    "text", ["calstack", "calstack:", ":1", "x:1", "Calstack:1", "calstack:1/2", "c_:1", "calstack:" + "t" * 129]
)
def test_a_bad_name_is_told_what_a_good_one_is(text: str) -> None:
    with pytest.raises(LabError, match=r"is not NAME:TAG, for example calstack:1\.0\.0"):
        parse_name_tag(text)


def test_digest() -> None:
    assert is_digest(f"sha256:{'0f' * 32}")
    assert not is_digest(f"sha256:{'0F' * 32}")
    assert not is_digest("calstack:1")
