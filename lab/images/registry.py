"""The emulated ECR, seen from the command line: through its API."""

import base64
from typing import TYPE_CHECKING, Any

import boto3
import botocore.exceptions
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError

from lab.images.manifest import MEDIA_TYPE, Manifest
from lab.images.reference import Reference
from lab.part import LabError
from lab.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_ecr import ECRClient
    from mypy_boto3_ecr.type_defs import ImageIdentifierTypeDef, RepositoryTypeDef


class Registry:
    """One function a call; errors become LabError."""

    def __init__(self, settings: Settings, client: "ECRClient | None" = None) -> None:
        self._settings = settings
        self._client = client or _client(settings)

    def repository(self, name: str) -> "RepositoryTypeDef | None":
        try:
            return self._client.describe_repositories(repositoryNames=[name])["repositories"][0]
        except self._client.exceptions.RepositoryNotFoundException:
            return None
        except (botocore.exceptions.ConnectionError, HTTPClientError) as error:
            raise LabError(
                f"the lab does not answer at {self._settings.aws_endpoint}: start it with `python -m lab up`"
            ) from error

    def find(self, reference: Reference) -> str | None:
        """The digest that a reference means now, or None."""
        if self.repository(reference.repository) is None:
            return None
        wanted: ImageIdentifierTypeDef = {}
        if reference.digest:
            wanted["imageDigest"] = reference.digest
        elif reference.tag:
            wanted["imageTag"] = reference.tag
        try:
            found = self._client.describe_images(repositoryName=reference.repository, imageIds=[wanted])
        except self._client.exceptions.ImageNotFoundException:
            return None
        return found["imageDetails"][0]["imageDigest"]

    def create(self, repository: str) -> "RepositoryTypeDef":
        """The repository, made when it is missing, as ECR's create-on-push does."""
        return self.repository(repository) or self._client.create_repository(repositoryName=repository)["repository"]

    def password(self) -> str:
        """For `docker login`."""
        token = self._client.get_authorization_token()["authorizationData"][0]["authorizationToken"]
        return base64.b64decode(token).decode().partition(":")[2]

    def put(self, repository: str, tag: str, manifest: Manifest) -> None:
        """Put a manifest without layers under this tag. Raises LabError when the tag may not move."""
        there = self.create(repository)
        if digest := self.find(Reference(repository, tag)):
            if digest == manifest.digest:
                return
            if there["imageTagMutability"].startswith("IMMUTABLE"):
                raise LabError(
                    f"tag {tag} of {repository} names {digest} already, and the repository's tags are immutable:"
                    " push under another tag"
                )
        try:
            self._client.put_image(
                repositoryName=repository,
                imageTag=tag,
                imageManifest=manifest.text,
                imageManifestMediaType=MEDIA_TYPE,
                imageDigest=manifest.digest,
            )
        except ClientError as error:
            raise LabError(f"ECR refused {repository}:{tag}: {error}") from error


def _client(settings: Settings) -> Any:
    """ECR in the lab and nowhere else: whatever credentials or proxies the shell has are left out."""
    return boto3.client(
        "ecr",
        endpoint_url=settings.aws_endpoint,
        region_name=settings.region,
        aws_access_key_id="lab",
        aws_secret_access_key="lab",  # noqa: S106  the emulator takes any
        config=Config(connect_timeout=2, read_timeout=30, retries={"total_max_attempts": 1}, proxies={}),
    )
