"""An emulated account with a whole stack: balancer, rules, both services; blue serves the first image."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import alb_account
import ecs_account
from ansible_collections.calstack.aws.plugins.module_utils._release.api import Look
from ansible_collections.calstack.aws.plugins.module_utils._release.effects import Hands
from ecs_account import Mortal

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


def hands(aws: Mortal) -> Hands:
    """With a look that has found its places: what they cost is not the action's."""
    look = Look(aws, STACK)
    assert look.places
    aws.calls.clear()
    return Hands(aws, STACK, look)


def image(aws: Mortal, tag: str) -> str:
    """Push an image; its URI@sha256:…."""
    uri = aws("ecr").describe_repositories()["repositories"][0]["repositoryUri"]
    return f"{uri}@{ecs_account.push(aws, tag)}"
