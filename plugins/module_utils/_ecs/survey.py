# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What the component must know of the account before it can say what it wants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.aws import doing
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Clients, Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import KNOWN_AFTER_APPLY
from ansible_collections.calstack.aws.plugins.module_utils._ecs import inputs, scaling, secret_versions, service
from ansible_collections.calstack.aws.plugins.module_utils._ecs.capacity import Bounds
from ansible_collections.calstack.aws.plugins.module_utils._ecs.first_image import (
    ServiceNow,
    Situation,
    needs_first_image,
)
from ansible_collections.calstack.aws.plugins.module_utils._ecs.names import COLOURS, service_name
from ansible_collections.calstack.aws.plugins.module_utils._ecs.permissions import Account
from ansible_collections.calstack.aws.plugins.module_utils._ecs.registry import first_image
from ansible_collections.calstack.aws.plugins.module_utils._ecs.revision import described, image_of, latest
from ansible_collections.calstack.aws.plugins.module_utils._ecs.rollout import primary


def survey(clients: Clients, params: Mapping[str, Any], scope: Scope, *, check: bool = False) -> dict[str, Any]:
    """Further parameters: account, situation, bounds, secret_versions, first_image (None where it is not asked for).

    What is only known after apply is accepted in check mode (`check`), and refused otherwise. Raises InputError.
    """
    inputs.check(params, scope.stack, clients("ecs").meta.region_name)
    if not check:
        inputs.refuse_unknown(params)
    with doing(f"looking at what runs in {scope.stack}"):
        now = situation(clients, scope.stack)
        bounds = {
            colour: Bounds(item["MinCapacity"], item["MaxCapacity"])
            for colour, item in scaling.targets(clients, scope.stack).items()
        }
        found = {"account": account(clients), "situation": now, "bounds": bounds, "first_image": None}
    changing = params["changing_secrets"] if check else ()
    found["secret_versions"] = secret_versions.current(clients("secretsmanager"), params["secrets"], changing)
    if needs_first_image(now) and params["repository_uri"] != KNOWN_AFTER_APPLY:
        with doing(f"looking for the first image in {params['repository_uri']}"):
            found["first_image"] = first_image(clients("ecr"), params["image"], params["repository_uri"])
    return found


def account(clients: Clients) -> Account:
    identity = clients("sts").get_caller_identity()
    return Account(identity["Account"], identity["Arn"].split(":")[1], clients("ecs").meta.region_name)


def situation(clients: Clients, stack: str) -> Situation:
    ecs = clients("ecs")
    newest = {colour: latest(ecs, service_name(stack, colour)) for colour in COLOURS}
    services = service.describe(clients, stack)
    # An old deployment's tasks serve on where the newest one failed.
    arns = {arn for item in services.values() for arn in revisions_of(item)}
    running = {arn: described(ecs, arn)["taskDefinition"] for arn in sorted(arns)}
    containers = [container for item in running.values() for container in item["containerDefinitions"]]
    return Situation(
        {colour: _service_now(running[item["taskDefinition"]], item) for colour, item in services.items()},
        {colour: image_of(item["taskDefinition"]) for colour, item in newest.items() if item},
        frozenset(item["image"] for item in containers),
        frozenset(secret["valueFrom"] for item in containers for secret in item.get("secrets", ())),
    )


def revisions_of(item: Mapping[str, Any]) -> set[str]:
    """The revisions a described service may have tasks of."""
    deployments = (deployment["taskDefinition"] for deployment in item.get("deployments", ()))
    return {item["taskDefinition"], *deployments}


def _service_now(definition: Mapping[str, Any], item: Mapping[str, Any]) -> ServiceNow:
    rollout = primary(item).get("rolloutState", "COMPLETED")
    return ServiceNow(image_of(definition), item["desiredCount"], item["runningCount"], rollout)
