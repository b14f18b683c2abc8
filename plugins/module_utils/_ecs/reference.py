# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What `app_image` and `release_image` mean. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError

_FORM = re.compile(r"(?P<where>[^@]+?)(?::(?P<tag>[\w][\w.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?", re.ASCII)


@dataclass(frozen=True)
class ImageReference:
    """An image in the environment's own repository: by digest where that was given, else by tag."""

    tag: str = ""
    digest: str = ""

    @property
    def id(self) -> dict[str, str]:
        """As ECR's calls want it."""
        return {"imageDigest": self.digest} if self.digest else {"imageTag": self.tag}


EMPTY = {
    "app_image": "the newest image",
    "release_image": "the one that serves",
    "atlas_check_image": "the one that serves",
}
"""By variable: what it means when it is empty."""


def parse(text: str, repository_uri: str, variable: str = "app_image") -> ImageReference:
    """NAME:TAG, URI:TAG or URI@sha256:… as an image in `repository_uri`.

    Raises InputError, which calls `text` by the name of its `variable`.
    """
    match = _FORM.fullmatch(text)
    if not match or not (match["tag"] or match["digest"]):
        raise InputError(
            f"{variable} is {text!r}: give NAME:TAG, {repository_uri}:TAG or {repository_uri}@sha256:…, "
            f"or leave it empty for {EMPTY[variable]}."
        )
    if match["where"] not in (repository_uri, repository_uri.partition("/")[2]):
        raise InputError(
            f"{variable} is in the repository {match['where']!r}, but this environment pulls from {repository_uri!r} "
            f"and may pull from no other: push the image there, or set ecs_repository_uri and ecs_repository_arn."
        )
    return ImageReference(match["tag"] or "", match["digest"] or "")


def short_image(image: str) -> str:
    """For people: the repository's last part with the tag, or with the first 12 digits of the digest."""
    name, at, digest = image.rpartition("/")[2].partition("@sha256:")
    return (f"{name}@{digest[:12]}" if at else name) or "no image"
