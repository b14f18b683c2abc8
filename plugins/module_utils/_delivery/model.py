# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What the component delivery consists of. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import KNOWN_AFTER_APPLY, Ref, Wanted
from ansible_collections.calstack.aws.plugins.module_utils._delivery import permissions, trust
from ansible_collections.calstack.aws.plugins.module_utils._delivery.names import (
    AUDIENCE,
    ISSUER,
    REGION_TAG,
    ROLE_POLICY,
    role_name,
)

PROVIDER = "identity provider"
ROLE = "role"

Params = Mapping[str, Any]

SESSION_SECONDS = 2 * 60 * 60
"""As long as a deployment's credentials can be asked for. A release of the default strategy takes about half an hour
and can be extended to more than one hour, which is all that a role gives by itself."""

MADE_BY = {"rule_arns": "alb", "image_repository_arn": "ecr"}
"""By option: the component it comes from."""

_ROLE = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
_BOUNDARY = re.compile(r"arn:aws[a-z-]*:iam::(aws|\d{12}):policy/.+", re.ASCII)


def check(params: Params, stack: str, region: str) -> None:
    """Raise InputError for the first thing that cannot be."""
    trust.check(params["repository"], _environment(params), params["branch"])
    if not _ROLE.fullmatch(name := _role_name(params, stack, region)):
        raise InputError(
            f"delivery_role_name is {name!r}: IAM takes up to 64 letters, digits and + = , . @ _ -. "
            f"Give such a name, or shorten app_name or env_name."
        )
    boundary = params["permissions_boundary_arn"]
    if boundary and not _BOUNDARY.fullmatch(boundary):
        raise InputError(
            f"delivery_permissions_boundary_arn is {boundary!r}: give the ARN of a managed policy, "
            f"arn:aws:iam::ACCOUNT:policy/NAME, or leave it empty for none."
        )
    if not params["image_repository_arn"]:
        raise InputError(
            "delivery_image_repository_arn is empty: run the component ecr first, or give the image repository's ARN."
        )
    if missing := [rule for rule in ("production", "test") if not params["rule_arns"].get(rule)]:
        raise InputError(
            f"delivery_rule_arns has none for {' and '.join(missing)}: run the component alb first, or give both."
        )


def refuse_unknown(params: Params) -> None:
    """Raise InputError for an input that another component has only planned to make."""
    for option, component in MADE_BY.items():
        if KNOWN_AFTER_APPLY in json.dumps(params[option]):
            raise InputError(
                f"delivery_{option} is {KNOWN_AFTER_APPLY}: {component} has only been planned. "
                f"Run site.yml without --check, or with --limit {component} first."
            )


def wanted(params: Params, scope: Scope) -> list[Wanted]:
    """All resources in the order of use; nothing where no repository is given."""
    if not params["repository"]:
        return []
    return [Wanted(PROVIDER, ISSUER, {"audience": AUDIENCE}), _role(params, scope)]


def outputs(params: Params, scope: Scope) -> dict[str, Any]:
    """What the component publishes."""
    if not params["repository"]:
        return {"delivery_role_arn": ""}
    return {"delivery_role_arn": Ref(ROLE, _role_name(params, scope.stack, params["account"].region), "arn")}


def _role(params: Params, scope: Scope) -> Wanted:
    account = params["account"]
    name = _role_name(params, scope.stack, account.region)
    place = permissions.Place(
        account,
        scope.environment,
        scope.stack,
        rules=frozenset(params["rule_arns"][rule] for rule in ("production", "test")),
        repository=params["image_repository_arn"],
    )
    properties = {
        "tags": scope.tags(name) | {REGION_TAG: account.region},
        "trust": trust.trust(params["provider"], params["repository"], _environment(params), params["branch"]),
        "inline": {ROLE_POLICY: permissions.policy(place)},
        "attached": frozenset(),
        "boundary": params["permissions_boundary_arn"],
        "session_seconds": SESSION_SECONDS,
    }
    return Wanted(ROLE, name, properties)


def _role_name(params: Params, stack: str, region: str) -> str:
    return str(params["role_name"] or role_name(stack, region))


def _environment(params: Params) -> str:
    return str(params["github_environment"] or params["environment_name"])
