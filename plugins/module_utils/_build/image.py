# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Is there an image with this tag?"""

from __future__ import annotations

from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._ecs.calls import unless_absent
from ansible_collections.calstack.aws.plugins.module_utils._ecs.registry import where


def digest_of(ecr: Any, repository_uri: str, tag: str) -> str:
    """sha256:… of the image; empty where no image has the tag. Raises InputError where the repository is not there."""
    place = where(repository_uri)
    if unless_absent(lambda: ecr.describe_repositories(**_named(place)), "RepositoryNotFoundException") is None:
        raise InputError(
            f"the image repository {repository_uri} is not there: build it first, with site.yml --limit ecr."
        )
    answer = unless_absent(
        lambda: ecr.describe_images(**place, imageIds=[{"imageTag": tag}]), "ImageNotFoundException"
    )
    return str(answer["imageDetails"][0]["imageDigest"]) if answer else ""


def _named(place: dict[str, str]) -> dict[str, Any]:
    return {key: value for key, value in place.items() if key == "registryId"} | {
        "repositoryNames": [place["repositoryName"]]
    }
