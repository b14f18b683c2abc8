# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The first image, resolved to a digest through ECR: a tag can move between two tasks' starts."""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._ecs.calls import unless_absent
from ansible_collections.calstack.aws.plugins.module_utils._ecs.reference import parse

NEWEST_SHOWN = 5
ACCOUNT = re.compile(r"[0-9]{12}")


def first_image(ecr: Any, image: str, repository_uri: str, variable: str = "app_image") -> str | None:
    """URI@sha256:… of `image`, or where that is empty of the newest tagged image; None while there is no image.

    Raises InputError, which calls `image` by the name of its `variable`, for an image that is not there, although
    others are.
    """
    wanted = parse(image, repository_uri, variable) if image else None
    place = where(repository_uri)
    if wanted:
        answer = unless_absent(
            lambda: ecr.describe_images(**place, imageIds=[wanted.id]),
            "ImageNotFoundException",
            "RepositoryNotFoundException",
        )
        if answer:
            return f"{repository_uri}@{answer['imageDetails'][0]['imageDigest']}"
    newest = sorted(tagged(ecr, repository_uri), key=lambda item: item["imagePushedAt"], reverse=True)
    if not newest:
        return None
    if wanted:
        tags = ", ".join(item["imageTags"][0] for item in newest[:NEWEST_SHOWN])
        raise InputError(f"{variable} {image!r} is not in {repository_uri}. The newest tags there: {tags}.")
    return f"{repository_uri}@{newest[0]['imageDigest']}"


def where(repository_uri: str) -> dict[str, str]:
    """The repository as ECR's calls want it."""
    host, _slash, name = repository_uri.partition("/")
    account = host.partition(".")[0]
    return {"repositoryName": name} | ({"registryId": account} if ACCOUNT.fullmatch(account) else {})


def tagged(ecr: Any, repository_uri: str) -> list[dict[str, Any]]:
    """Only images with a tag: an image for several architectures has untagged parts that were pushed with it."""
    pages = ecr.get_paginator("describe_images").paginate(**where(repository_uri), filter={"tagStatus": "TAGGED"})
    found = unless_absent(
        lambda: [item for page in pages for item in page["imageDetails"]], "RepositoryNotFoundException"
    )
    return [item for item in found or () if item.get("imageTags")]
