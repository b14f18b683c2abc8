# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Which image was built from a commit? The one with the commit as its tag, as playbooks/build.yml gives it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError

VARIABLE = "release_commit"
NEWEST_SHOWN = 5

_COMMIT = re.compile(r"[0-9a-f]{7,64}", re.ASCII)


@dataclass(frozen=True)
class Built:
    """The image of a commit: the commit in full, and the image's digest."""

    commit: str
    digest: str


def check(image: str, commit: str) -> None:
    """Raise InputError for a commit that is none, or that says besides an image what to release."""
    if image and commit:
        raise InputError(
            f"release_image is {image!r} and {VARIABLE} is {commit!r}: they may mean two images. Give one of them."
        )
    if commit and not _COMMIT.fullmatch(commit):
        raise InputError(
            f"{VARIABLE} is {commit!r}: give a commit's SHA in lower case, whole or its first 7 or more digits "
            f"(git rev-parse HEAD). For an image by its tag give release_image instead."
        )


def choose(commit: str, repository_uri: str, images: Sequence[Mapping[str, Any]]) -> Built:
    """The image among `images`, ECR's own words for all that have a tag, whose tag begins with `commit`.

    Tags that are no commits are none of its business: one of a dirty tree does not count. Raises InputError where there
    is none, with where it looked and what is there, and where several commits begin so.
    """
    found = {
        tag: str(item["imageDigest"])
        for item in images
        for tag in item.get("imageTags", ())
        if _COMMIT.fullmatch(tag) and tag.startswith(commit)
    }
    if not found:
        raise InputError(f"{VARIABLE} {commit!r} has no image: {_looked(commit, repository_uri, images)}")
    if commit in found:
        return Built(commit, found[commit])
    if len(found) > 1:
        raise InputError(
            f"{VARIABLE} {commit!r} is the beginning of {len(found)} commits that have images in {repository_uri}: "
            f"{', '.join(sorted(found))}. Give more of its digits. Nothing has been changed."
        )
    ((tag, digest),) = found.items()
    return Built(tag, digest)


def _looked(commit: str, repository_uri: str, images: Sequence[Mapping[str, Any]]) -> str:
    host, _slash, name = repository_uri.partition("/")
    account, _dkr, _ecr, region = [*host.split("."), "", "", ""][:4]
    newest = sorted(images, key=lambda item: item["imagePushedAt"], reverse=True)
    tags = ", ".join(item["imageTags"][0] for item in newest[:NEWEST_SHOWN])
    return (
        f"no tag begins with it in the repository {name} of account {account}, {region}. "
        f"{f'The newest tags there: {tags}.' if tags else 'No image has a tag there.'} "
        f"Build it with playbooks/build.yml, or see whether the pipeline has built {commit}. Nothing has been changed."
    )
