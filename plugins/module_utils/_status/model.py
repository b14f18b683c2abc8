# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""An environment in one picture, for people. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.calstack.aws.plugins.module_utils._ecs.names import is_placeholder
from ansible_collections.calstack.aws.plugins.module_utils._ecs.reference import short_image
from ansible_collections.calstack.aws.plugins.module_utils._release.words import bar

BAR = 20
COMPONENTS = {
    "vpc": "vpc_id",
    "ecr": "ecr_repository_uri",
    "secrets": "secrets_arns",
    "alb": "alb_arn",
    "ecs": "ecs_cluster_arn",
    "release": "release_table_name",
}
"""What tells that a component has been built: one of the things it publishes."""


@dataclass(frozen=True)
class Colour:
    """A colour as the balancer and ECS see it. `health` counts targets by state; `weight` is of the production rule."""

    name: str
    weight: int
    desired: int
    running: int
    pending: int
    health: Mapping[str, int]
    image: str
    revision: str
    rollout: str
    last_event: str = ""


@dataclass(frozen=True)
class Environment:
    name: str
    account_id: str
    region: str
    url: str
    published: Mapping[str, object]
    colours: Sequence[Colour]


def picture(environment: Environment) -> str:
    """The whole picture, lines of at most about 110 characters."""
    return "\n".join(_lines(environment))


def _lines(environment: Environment) -> Iterator[str]:
    published = environment.published
    yield f"The environment {environment.name} (account {environment.account_id}, {environment.region})"
    missing = [name for name, sign in COMPONENTS.items() if not published.get(sign)]
    if len(missing) == len(COMPONENTS):
        yield "  Nothing of it exists: ansible-playbook site.yml builds it."
        return
    if published.get("alb_arn"):
        # A distribution is global and not found from here; its secret is.
        way = "CloudFront and the balancer" if published.get("dns_origin_secret_arn") else "the balancer"
        yield f"  address    {environment.url}  through {way} {published.get('alb_dns_name', '')}"
    if published.get("vpc_id"):
        subnets = published.get("vpc_private_subnet_ids") or ()
        nat = published.get("vpc_nat_addresses") or ()
        yield f"  network    {published['vpc_id']}, {_count(subnets, 'zone')}, leaves by {_list(nat)}"
    if published.get("ecr_repository_uri"):
        yield f"  images     {published['ecr_repository_uri']}"
    for colour in environment.colours:
        yield from _colour(colour, sum(item.weight for item in environment.colours))
    if missing:
        yield f"  not built  {', '.join(missing)}"


def _colour(colour: Colour, total: int) -> Iterator[str]:
    share = colour.weight / total if total else 0.0
    image = "no image yet" if is_placeholder(colour.image) else short_image(colour.image)
    yield f"  {colour.name:<10} {bar(round(100 * share), BAR)} {share:>5.0%}   {_tasks(colour)}"
    yield f"             {image}, revision {colour.revision}, {colour.rollout}"
    if colour.last_event and colour.running != colour.desired:
        yield f"             {colour.last_event}"


def _tasks(colour: Colour) -> str:
    if not colour.desired and not colour.running:
        return "no tasks"
    health = ", ".join(f"{number} {state}" for state, number in sorted(colour.health.items()))
    pending = f", {colour.pending} starting" if colour.pending else ""
    return f"{colour.running} of {colour.desired} tasks running{pending}; targets: {health or 'none'}"


def _count(items: object, word: str) -> str:
    number = len(items) if isinstance(items, Sequence) else 0
    return f"{number} {word}{'' if number == 1 else 's'}"


def _list(items: object) -> str:
    return ", ".join(map(str, items)) if isinstance(items, Sequence) and items else "no NAT gateway"
