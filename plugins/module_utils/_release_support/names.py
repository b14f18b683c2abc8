# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What the resources of the component are called. Pure."""

from __future__ import annotations

ROLE_POLICY = "schedules"


def table_name(stack: str) -> str:
    return f"{stack}-releases"


def topic_name(stack: str) -> str:
    return f"{stack}-releases"


def group_name(stack: str) -> str:
    """The schedule group."""
    return stack


def role_name(stack: str, region: str) -> str:
    """IAM knows no regions, and the role is for one of them: its trust and its policy name it."""
    return f"{stack}-{region}-release-schedule"
