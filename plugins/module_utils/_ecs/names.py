# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What the resources of the component are called. Pure."""

from __future__ import annotations

COLOURS = ("blue", "green")
CONTAINER = "app"
ROLE_POLICY = "ecs"

PLACEHOLDER_TAG = "waiting-for-the-first-image"
"""The tag no image has: a task definition needs an image even while there is none to run."""


def cluster_name(stack: str) -> str:
    return stack


def log_group_name(stack: str) -> str:
    return f"/{stack}/app"


def role_name(stack: str, region: str, use: str) -> str:
    """IAM knows no regions, and the role is for one of them: its trust and its policy name it."""
    return f"{stack}-{region}-ecs-{use}"


def service_name(stack: str, colour: str) -> str:
    """Also the family of the colour's task definitions."""
    return f"{stack}-{colour}"


def check_family(stack: str) -> str:
    """Of the task definitions that check a connection."""
    return f"{stack}-check"


def resource_id(stack: str, colour: str) -> str:
    """What Application Auto Scaling calls the service."""
    return f"service/{cluster_name(stack)}/{service_name(stack, colour)}"


def policy_name(stack: str, colour: str, measure: str) -> str:
    return f"{service_name(stack, colour)}-{measure}"


def placeholder(repository_uri: str) -> str:
    return f"{repository_uri}:{PLACEHOLDER_TAG}"


def is_placeholder(image: str) -> bool:
    return image.endswith(f":{PLACEHOLDER_TAG}")
