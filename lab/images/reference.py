"""The names of images, as ECR and ECS write them."""

import re
from dataclasses import dataclass

from lab.part import LabError
from lab.registry.digests import PATTERN

# https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html and API_ImageIdentifier.html
_REPOSITORY = r"(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*"
_TAG = r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}"
_HOST = r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/"
_REFERENCE = re.compile(
    rf"(?:{_HOST})?(?P<repository>{_REPOSITORY})(?::(?P<tag>{_TAG}))?(?:@(?P<digest>{PATTERN}))?",
)


@dataclass(frozen=True)
class Reference:
    """`[ACCOUNT.dkr.ecr.REGION.amazonaws.com/]REPOSITORY[:TAG][@DIGEST]`, taken apart; a digest outweighs the tag."""

    repository: str
    tag: str | None = None
    digest: str | None = None
    account: str | None = None
    region: str | None = None

    @classmethod
    def parse(cls, text: str) -> "Reference":
        """Raises ValueError. With neither tag nor digest the tag is `latest`, as everywhere."""
        found = _REFERENCE.fullmatch(text)
        if not found:
            raise ValueError(f"{text!r} is no image reference")
        part = found.groupdict()
        tag = part["tag"] or (None if part["digest"] else "latest")
        return cls(part["repository"], tag, part["digest"], part["account"], part["region"])


def parse_name_tag(text: str) -> tuple[str, str]:
    """The repository and the tag of NAME:TAG; raises LabError."""
    found = re.fullmatch(rf"(?P<repository>{_REPOSITORY}):(?P<tag>{_TAG})", text)
    if not found or not 2 <= len(found["repository"]) <= 256:
        raise LabError(
            f"{text!r} is not NAME:TAG, for example calstack:1.0.0. A name has 2 to 256 lower-case letters, digits,"
            " and single . _ - / between them; a tag has 1 to 128 letters, digits and . _ -"
        )
    return found["repository"], found["tag"]
