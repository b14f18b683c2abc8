# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The entries of a project's IP access list, in one spelling each. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from ipaddress import ip_network
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import KNOWN_AFTER_APPLY, Wanted

KIND = "access list"
GIVEN = "atlas_extra_cidrs, atlas_nat_addresses or migrate_access_cidrs"
"""The roles' inputs that have the entries."""
ACTIVE = "ACTIVE"
LONGEST_COMMENT = 80
"""Characters: Atlas's own rule."""

GROUP = "sg-"
"""What the id of a security group starts with."""


def wanted(params: Mapping[str, Any], *, check: bool) -> list[Wanted]:
    """The entries under the comment; nothing where there are none. Raises InputError."""
    comment = params["comment"].strip()
    if not 1 <= len(comment) <= LONGEST_COMMENT:
        raise InputError(f"comment has {len(comment)} characters: Atlas takes 1 to {LONGEST_COMMENT}.")
    entries = frozenset(entry(item, check=check) for item in params["entries"])
    if not params["allow_everywhere"] and (everywhere := [text for text in entries if text.endswith("/0")]):
        raise InputError(
            f"{everywhere[0]} lets the whole internet try passwords on the database. Give the addresses that the "
            f"application comes from (its NAT gateways'), or say atlas_allow_everywhere: true "
            f"(allow_everywhere)."
        )
    return [Wanted(KIND, comment, {"entries": entries, "status": ACTIVE})] if entries else []


def entry(text: str, *, check: bool) -> str:
    """An address as its network (192.0.2.1/32), a security group as its id. Raises InputError."""
    text = text.strip()
    if text == KNOWN_AFTER_APPLY:
        if check:
            return text
        raise InputError("an entry of the access list is not known yet: apply what gives out its address first.")
    return text if text.startswith(GROUP) else _network(text)


def _network(text: str) -> str:
    try:
        return str(ip_network(text))
    except ValueError:
        pass
    try:
        meant = ip_network(text, strict=False)
    except ValueError:
        raise InputError(
            f"the access list entry {text!r} is no address, no CIDR block and no security group (sg-…). "
            f"Correct {GIVEN}."
        ) from None
    raise InputError(
        f"the access list entry {text} is inside a network: {meant} is the network itself. Correct {GIVEN}."
    )


def found_entry(item: Mapping[str, Any]) -> str:
    """An entry as Atlas describes it, in the spelling of `entry`: Atlas gives a single address in two forms."""
    if item.get("awsSecurityGroup"):
        return str(item["awsSecurityGroup"])
    text = str(item.get("cidrBlock") or item.get("ipAddress") or "")
    try:
        return str(ip_network(text, strict=False))
    except ValueError:
        return text


def request(entries: Collection[str], comment: str) -> list[dict[str, str]]:
    """The body of the one request that adds them all."""
    return [{_field(text): text, "comment": comment} for text in sorted(entries)]


def _field(text: str) -> str:
    return "awsSecurityGroup" if text.startswith(GROUP) else "cidrBlock"


def notes(others: Collection[str]) -> list[str]:
    """What to tell where somebody else has added what is wanted."""
    if not others:
        return []
    return [
        f"{', '.join(sorted(others))} is on the access list already under another comment: it is left alone, and "
        f"goes when whoever added it takes it away."
    ]
