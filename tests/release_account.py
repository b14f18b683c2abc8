"""An emulated account with a whole stack: balancer, rules, both services; blue serves the first image."""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import alb_account
import ecs_account
from ansible_collections.calstack.aws.plugins.module_utils._release.api import Look
from ansible_collections.calstack.aws.plugins.module_utils._release.effects import Hands
from ecs_account import Mortal
from moto.backends import get_backend

STACK = "calstack-dev"
BLUE, GREEN = ecs_account.BLUE, ecs_account.GREEN


@contextmanager
def empty() -> Iterator[tuple[Mortal, dict[str, Any]]]:
    """The balancer with its rules and an empty repository, no services yet; and the ecs module's parameters."""
    with ecs_account.ready() as (aws, given):
        alb_account.certificate(aws, alb_account.DOMAIN)
        alb_account.site(aws, alb_account.network(aws, "eu-west-1a", "eu-west-1b"))
        made = aws("elbv2").describe_target_groups(Names=[BLUE, GREEN])["TargetGroups"]
        groups = {item["TargetGroupName"].removeprefix(f"{STACK}-"): item["TargetGroupArn"] for item in made}
        yield aws, given | {"target_group_arns": groups}


@contextmanager
def serving() -> Iterator[Mortal]:
    with empty() as (aws, given):
        ecs_account.push(aws, "v1")
        ecs_account.site(aws, given)
        ecs_account.catch_up()
        aws("scheduler").create_schedule_group(Name=STACK)
        aws.calls.clear()
        yield aws


CHANGING = ("elbv2", "ecs", "applicationautoscaling", "scheduler")
"""The services whose state releases change. ECR's cannot be copied: images that a test pushes stay for the next."""


def keeper() -> Callable[[], None]:
    """Takes what there is in the services that releases change; called, it puts that back.

    To build the stack takes over a hundred calls: tests that only need it as it is share one.
    """
    backends = [get_backend(service)["123456789012"]["eu-west-1"] for service in CHANGING]
    kept = _copied([vars(backend) for backend in backends], backends)

    def restore() -> None:
        for backend, state in zip(backends, _copied(kept, backends), strict=True):
            vars(backend).clear()
            vars(backend).update(state)

    return restore


def _copied(states: list[dict[str, Any]], backends: list[Any]) -> list[dict[str, Any]]:
    """All of them together, and the backends by themselves: what refers to another service's goes on doing so."""
    return copy.deepcopy(states, {id(backend): backend for backend in backends})


def hands(aws: Mortal) -> Hands:
    """With a look that has found its places: what they cost is not the action's."""
    look = Look(aws, STACK)
    assert look.places
    aws.calls.clear()
    return Hands(aws, STACK, look)


def image(aws: Mortal, tag: str) -> str:
    """URI@sha256:… of an image with that tag, pushed where it is not there."""
    ecr = aws("ecr")
    (repository,) = ecr.describe_repositories(repositoryNames=[ecs_account.REPOSITORY])["repositories"]
    listed = ecr.list_images(repositoryName=ecs_account.REPOSITORY)["imageIds"]
    digests = {item.get("imageTag"): item["imageDigest"] for item in listed}
    return f"{repository['repositoryUri']}@{digests.get(tag) or ecs_account.push(aws, tag)}"
