# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The component's kinds and how they are set up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.component import Component
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Clients, Kind, Scope
from ansible_collections.calstack.aws.plugins.module_utils._dns.certificate import RequestedCertificate
from ansible_collections.calstack.aws.plugins.module_utils._dns.context import Context
from ansible_collections.calstack.aws.plugins.module_utils._dns.distribution import Distribution
from ansible_collections.calstack.aws.plugins.module_utils._dns.function import Function
from ansible_collections.calstack.aws.plugins.module_utils._dns.health_check import HealthCheck
from ansible_collections.calstack.aws.plugins.module_utils._dns.inputs import ONLY_CERTIFICATES
from ansible_collections.calstack.aws.plugins.module_utils._dns.model import outputs, secret_options, wanted
from ansible_collections.calstack.aws.plugins.module_utils._dns.policies import CachePolicy, HeadersPolicy
from ansible_collections.calstack.aws.plugins.module_utils._dns.record import Record
from ansible_collections.calstack.aws.plugins.module_utils._dns.survey import survey
from ansible_collections.calstack.aws.plugins.module_utils._dns.validation import Validation
from ansible_collections.calstack.aws.plugins.module_utils._dns.web_acl import WebAcl
from ansible_collections.calstack.aws.plugins.module_utils._dns.zone import HostedZone
from ansible_collections.calstack.aws.plugins.module_utils._dns.zones import Place
from ansible_collections.calstack.aws.plugins.module_utils._secrets import model as secrets
from ansible_collections.calstack.aws.plugins.module_utils._secrets.secret import Given, Ledger, Secret


def context_of(params: Mapping[str, Any], edge: Clients, **more: Any) -> Context:
    """What the module's options say that the kinds need."""
    present = params["state"] == "present"
    return Context(
        Place(params["domain"], params["zone_name"], params["zone_id"]),
        edge,
        origin_secret=params["own_origin_secret_arn"] or params["origin_secret_name"],
        web_acl=bool(params["waf"] or params["waf_acl_arn"]),
        static_function=bool(params["static_cache_control"]),
        present=present,
        replace_records=params["replace_records"],
        resolvers=tuple(params["resolvers"]),
        waits=params["wait"],
        seconds=float(params["wait_seconds"]),
        **more,
    )


def dns(params: Mapping[str, Any], context: Context, *, check: bool = False) -> Component:
    """The component, in check mode or not."""
    made = partial(Secret, given=_given(params["origin_secret_name"], context), ledger=Ledger())
    early: list[Callable[[Clients, Scope], Kind]] = [
        partial(HostedZone, context=context),
        made,
        partial(RequestedCertificate, context=context),
        partial(Validation, context=context),
    ]
    late: list[Callable[[Clients, Scope], Kind]] = [
        partial(kind, context=context)
        for kind in (HealthCheck, CachePolicy, HeadersPolicy, Function, WebAcl, Distribution, Record)
    ]
    only_early = context.present and params["only"] == ONLY_CERTIFICATES
    kinds = early if only_early else early + late
    return Component("dns", kinds, wanted, outputs, partial(survey, context=context, check=check))


def _given(name: str, context: Context) -> Given:
    """Deleted at once when it goes: a header that no distribution sends any more is worth nothing."""
    return Given(secrets.secrets(secret_options(name)), {}, 0, hide=context.hide)
