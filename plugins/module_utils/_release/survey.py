# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What a plan needs to know besides the world, read once before anything is changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.aws import doing
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import (
    COMPONENT_TAG,
    ENVIRONMENT_TAG,
    STACK_TAG,
    Clients,
)
from ansible_collections.calstack.aws.plugins.module_utils._ecs.names import log_group_name, service_name
from ansible_collections.calstack.aws.plugins.module_utils._ecs.registry import first_image, tagged
from ansible_collections.calstack.aws.plugins.module_utils._ecs.revision import image_of, latest
from ansible_collections.calstack.aws.plugins.module_utils._release.api import Look
from ansible_collections.calstack.aws.plugins.module_utils._release.commit import choose
from ansible_collections.calstack.aws.plugins.module_utils._release.model import COLOURS
from ansible_collections.calstack.aws.plugins.module_utils._release.places import Places, missing
from ansible_collections.calstack.aws.plugins.module_utils._stack.published import Details, published
from ansible_collections.calstack.aws.plugins.module_utils._stack.resource import parse

VARIABLE = "release_image"
DIGITS = 12
READERS = 6


@dataclass(frozen=True)
class Survey:
    """`image`: REPOSITORY_URI@sha256:…, and `label` what people call it; both empty where none was asked for.

    `newest`: by colour, the newest active revision of its family as DescribeTaskDefinition answers it.
    `free_addresses`: by subnet of the services. `test_conditions`: the test rule's, as DescribeRules answers them.
    """

    image: str
    label: str
    repository_uri: str
    newest: Mapping[str, Mapping[str, Any]]
    free_addresses: Mapping[str, int]
    test_conditions: Sequence[Mapping[str, Any]]
    environment: str
    account: str
    partition: str
    region: str
    dns_name: str
    log_group: str


def survey(
    clients: Clients, stack: str, image: str = "", label: str = "", look: Look | None = None, *, commit: str = ""
) -> Survey:
    """`image` as NAME:TAG, REPOSITORY_URI:TAG or REPOSITORY_URI@sha256:…; empty: it is not looked for.

    `commit`, in place of an image: the one that was built from it.

    Only reads. Raises CalstackError; InputError for an image that is not there and for what has not been built.
    """
    look = look or Look(clients, stack)
    places = look.places
    with ThreadPoolExecutor(READERS) as pool:
        newest = {colour: pool.submit(_newest, clients, stack, colour) for colour in COLOURS}
        rules, addresses = pool.submit(look.rules), pool.submit(_free_addresses, clients, look)
        own = pool.submit(_tagged_repository, clients, places)
    revisions = {colour: item.result() for colour, item in newest.items()}
    allowed = _repositories(own.result(), [image_of(item) for item in revisions.values()])
    found, called = _find_commit(clients, commit, allowed[0]) if commit else _find_image(clients, image, allowed)
    repository = repository_of(found) if found else allowed[0]
    return Survey(
        image=found,
        label=label or called,
        repository_uri=repository,
        newest=revisions,
        free_addresses=addresses.result(),
        test_conditions=tuple(rules.result()[1]["Conditions"]),
        environment=places.environment,
        account=places.account,
        partition=places.partition,
        region=places.region,
        dns_name=places.dns_name,
        log_group=log_group_name(stack),
    )


def label_of(image: str, found: str) -> str:
    """The tag that was given, or the first digits of the digest."""
    tag = image.partition("@")[0].rpartition("/")[2].partition(":")[2]
    return tag or found.partition("@sha256:")[2][:DIGITS]


def choose_repository(image: str, repositories: Sequence[str]) -> str:
    """The repository that `image` names with its URI or its name; the first where it names none. Pure."""
    name = repository_of(image)
    named = (uri for uri in repositories if name in (uri, uri.partition("/")[2]))
    return next(named, repositories[0])


def repository_of(image: str) -> str:
    """An image's name without tag and digest. Pure."""
    name = image.partition("@")[0]
    return name.rpartition(":")[0] if ":" in name.rpartition("/")[2] else name


def _repositories(own: str, running: Sequence[str]) -> list[str]:
    """The tasks may pull from the environment's own repository and from those whose images they run already."""
    repositories = list(dict.fromkeys(uri for uri in (own, *map(repository_of, running)) if uri))
    if not repositories:
        raise missing("the image repository", "ecr")
    return repositories


def _find_commit(clients: Clients, commit: str, repository: str) -> tuple[str, str]:
    """The URI@sha256:… of the image that was built from `commit`, and what people call it."""
    with doing(f"looking for the image of commit {commit} in {repository}"):
        images = tagged(clients("ecr"), repository)
    built = choose(commit, repository, images)
    return f"{repository}@{built.digest}", built.commit[:DIGITS]


def _find_image(clients: Clients, image: str, repositories: Sequence[str]) -> tuple[str, str]:
    """The image's URI@sha256:…, and what people call it; both empty where none is asked for."""
    repository = choose_repository(image, repositories)
    if not image:
        return "", ""
    with doing(f"looking for {image} in {repository}"):
        found = first_image(clients("ecr"), image, repository, VARIABLE)
    if found is None:
        raise InputError(f"{VARIABLE} {image!r} is not in {repository}, which holds no tagged image: push it first.")
    return found, label_of(image, found)


def _newest(clients: Clients, stack: str, colour: str) -> dict[str, Any]:
    family = service_name(stack, colour)
    with doing(f"looking for the newest revision of {family}"):
        answer = latest(clients("ecs"), family)
    if answer is None:
        raise missing(f"an active revision of the task definition {family}", "ecs")
    return dict(answer["taskDefinition"])


def _free_addresses(clients: Clients, look: Look) -> dict[str, int]:
    """Of the subnets that ECS starts tasks in; it may use each one's addresses for either colour."""
    networks = [item.get("networkConfiguration", {}) for item in look.services().values()]
    subnets = sorted({subnet for one in networks for subnet in one.get("awsvpcConfiguration", {}).get("subnets", ())})
    with doing("reading how many addresses are free in the services' subnets"):
        answer = clients("ec2").describe_subnets(SubnetIds=subnets)["Subnets"]
    return {item["SubnetId"]: item["AvailableIpAddressCount"] for item in answer}


def caller(clients: Clients) -> str:
    """The ARN of who runs this. Raises CalstackError."""
    with doing("asking AWS who we are"):
        return str(clients("sts").get_caller_identity()["Arn"])


def _tagged_repository(clients: Clients, places: Places) -> str:
    """The URI of the repository that the component ecr has made; empty where there is none or there are two."""
    tags = {ENVIRONMENT_TAG: places.environment, STACK_TAG: places.stack, COMPONENT_TAG: "ecr"}
    with doing(f"looking for the image repository of {places.stack}"):
        answer = clients("resourcegroupstaggingapi").get_resources(
            TagFilters=[{"Key": key, "Values": [value]} for key, value in tags.items()],
            ResourceTypeFilters=["ecr:repository"],
        )
    found = [
        parse(item["ResourceARN"], {tag["Key"]: tag["Value"] for tag in item["Tags"]})
        for item in answer["ResourceTagMappingList"]
    ]
    uri = published(found, places.stack, Details()).get("ecr_repository_uri", "")
    return str(uri)
