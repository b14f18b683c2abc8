# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What the component must know of the account before it can say what it wants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.aws import doing
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Clients, Scope
from ansible_collections.calstack.aws.plugins.module_utils._dns import acm, inputs, names, route53
from ansible_collections.calstack.aws.plugins.module_utils._dns.certificate import acm_of
from ansible_collections.calstack.aws.plugins.module_utils._dns.certificates import CLOUDFRONT_KEYS, reusable
from ansible_collections.calstack.aws.plugins.module_utils._dns.cloudfront import items
from ansible_collections.calstack.aws.plugins.module_utils._dns.context import Context
from ansible_collections.calstack.aws.plugins.module_utils._dns.model import certificate_names
from ansible_collections.calstack.aws.plugins.module_utils._dns.zones import choose, zone_name


def now() -> datetime:
    return datetime.now(UTC)


def survey(
    clients: Clients,
    params: Mapping[str, Any],
    scope: Scope,
    *,
    context: Context,
    check: bool = False,
    clock: Callable[[], datetime] = now,
) -> Mapping[str, Any]:
    """Check what the parameters say, and find the zone and the certificates that will do.

    What is only known after apply is accepted in check mode (`check`). Returns `zone`, `zone_name_used`,
    `name_servers`, and `certificates`: by name the ARN that was given or found, empty for one that is ours.
    Raises InputError.
    """
    inputs.check(params)
    if not check:
        inputs.refuse_unknown(params)
    # One connection each and nothing shared: together they take as long as the slowest.
    with ThreadPoolExecutor(4) as pool:
        zone = pool.submit(_zone, clients, scope, context)
        free = pool.submit(_refuse_taken, params, scope, context)
        certificates = {
            name: pool.submit(_certificate, clients, params, scope, context, name, clock())
            for name in certificate_names(params, scope)
        }
    free.result()
    return {**zone.result(), "certificates": {name: future.result() for name, future in certificates.items()}}


def _zone(clients: Clients, scope: Scope, context: Context) -> dict[str, Any]:
    with doing(f"looking for the hosted zone of {context.place.domain}"):
        chosen = choose(route53.zones(clients("route53"), scope), context.place)
        servers = route53.name_servers(clients("route53"), chosen.id) if chosen else ()
    return {"zone": chosen, "zone_name_used": zone_name(chosen, context.place), "name_servers": servers}


def _refuse_taken(params: Mapping[str, Any], scope: Scope, context: Context) -> None:
    """CloudFront lets a domain belong to one distribution only, and says so when everything else is made."""
    if params["only"] == inputs.ONLY_CERTIFICATES:
        return
    domain, ours = names.plain(params["domain"]), names.distribution_name(scope.stack)
    with doing(f"looking for distributions of {domain}"):
        pages = context.edge("cloudfront").get_paginator("list_distributions").paginate()
        others = [item for page in pages for item in items(page["DistributionList"]) if item.get("Comment") != ours]
    for item in others:
        if domain in map(names.plain, items(item.get("Aliases"))):
            raise InputError(
                f"the distribution {item['Id']} ({item.get('Comment') or 'without a comment'}) has the domain {domain} "
                f"already, and CloudFront lets only one have it. Take the name from it, or choose another app_domain."
            )


def _certificate(
    clients: Clients, params: Mapping[str, Any], scope: Scope, context: Context, name: str, today: datetime
) -> str:
    edge = name == names.edge_certificate(scope.stack)
    if given := params["own_edge_certificate_arn" if edge else "own_origin_certificate_arn"]:
        return str(given)
    with doing(f"looking for a certificate for {params['domain']}"):
        there = acm.certificates(acm_of(clients, context, scope, name))
    keys = CLOUDFRONT_KEYS if edge else ()
    return reusable(there, scope, name, certificate_names(params, scope)[name], today, keys)
