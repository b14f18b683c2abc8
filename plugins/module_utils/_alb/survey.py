# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What has to be asked before anything is planned: what AWS would refuse only after half of it is built."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._alb.certificates import Certificate, choose, refuse_flawed
from ansible_collections.calstack.aws.plugins.module_utils._alb.health_checks import HealthCheck, kept
from ansible_collections.calstack.aws.plugins.module_utils._alb.listeners import Listener
from ansible_collections.calstack.aws.plugins.module_utils._alb.model import balancer_name, check_inputs
from ansible_collections.calstack.aws.plugins.module_utils._alb.network import (
    Subnet,
    refuse_group,
    refuse_protocol,
    refuse_subnets,
)
from ansible_collections.calstack.aws.plugins.module_utils._alb.origin import UNKNOWN, Origin, read
from ansible_collections.calstack.aws.plugins.module_utils._alb.target_groups import TargetGroup
from ansible_collections.calstack.aws.plugins.module_utils._core.aws import doing, is_absent
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Clients, Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import KNOWN_AFTER_APPLY

with suppress(ImportError):  # AnsibleAWSModule says so in its own words before anything of this file is used
    from botocore.exceptions import ClientError

KEY_TYPES = ["RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1"]
"""All of them: unasked, ListCertificates leaves out every key but RSA_1024 and RSA_2048."""


MAKERS = {"certificate_arn": "dns", "origin_secret_arn": "dns"}
"""The component that makes what an option names; the component vpc where none is named."""


def now() -> datetime:
    return datetime.now(UTC)


def hide_nothing(_values: Iterable[str]) -> None:
    """For callers that show nothing."""


def survey(
    clients: Clients,
    params: Mapping[str, Any],
    scope: Scope,
    *,
    check: bool = False,
    hide: Callable[[Iterable[str]], None] = hide_nothing,
    clock: Callable[[], datetime] = now,
) -> Mapping[str, Any]:
    """Check what the parameters name, and find the certificate when they name none.

    What is only known after apply is skipped in check mode (`check`), and refused otherwise. `hide` is told each value
    that must not be shown, as soon as it is known.
    Returns `certificate_arn`, by colour `kept_health_checks`, and `origin`. Raises InputError.
    """
    check_inputs(params, scope)
    if not check:
        _refuse_unknown(params)
    # One connection each and nothing shared: together they take as long as the slowest.
    with ThreadPoolExecutor(5) as pool:
        network = [pool.submit(ask, clients, params) for ask in (_subnets, _security_group, _ssl_policy)]
        origin = pool.submit(_origin, clients, params)
        checks = pool.submit(_health_checks, clients, params, scope)
        certificate = pool.submit(_certificate, clients, params, scope, clock())
    for answer in network:
        answer.result()
    if found := origin.result():
        hide(found.values)
    return {"certificate_arn": certificate.result(), "kept_health_checks": checks.result(), "origin": found}


def _origin(clients: Clients, params: Mapping[str, Any]) -> Origin | None:
    arn = str(params["origin_secret_arn"])
    if arn in ("", KNOWN_AFTER_APPLY):
        return UNKNOWN if arn else None
    return read(clients("secretsmanager"), arn, "alb_origin_secret_arn")


def _refuse_unknown(params: Mapping[str, Any]) -> None:
    for key in ("vpc_id", "subnet_ids", "security_group_id", "certificate_arn", "origin_secret_arn"):
        if KNOWN_AFTER_APPLY in params[key]:
            raise InputError(
                f"alb_{key} is {KNOWN_AFTER_APPLY}: the component that makes it has only been planned. "
                f"Run site.yml without --check, or --limit {MAKERS.get(key, 'vpc')} first."
            )


def _subnets(clients: Clients, params: Mapping[str, Any]) -> None:
    if KNOWN_AFTER_APPLY in (params["vpc_id"], *params["subnet_ids"]):
        return
    with doing("looking at the subnets in alb_subnet_ids"):
        try:
            pages = clients("ec2").get_paginator("describe_subnets").paginate(SubnetIds=params["subnet_ids"])
            found = [item for page in pages for item in page["Subnets"]]
        except ClientError as error:
            if is_absent(error, "InvalidSubnetID.NotFound", "InvalidSubnetId.Malformed", "InvalidSubnetID.Malformed"):
                raise InputError(f"alb_subnet_ids: {error.response['Error']['Message']}.") from error
            raise
    refuse_subnets(
        [Subnet(item["SubnetId"], item["AvailabilityZone"], item["VpcId"]) for item in found], params["vpc_id"]
    )


def _security_group(clients: Clients, params: Mapping[str, Any]) -> None:
    ident = params["security_group_id"]
    if KNOWN_AFTER_APPLY in (params["vpc_id"], ident):
        return
    with doing("looking at the security group in alb_security_group_id"):
        try:
            group = clients("ec2").describe_security_groups(GroupIds=[ident])["SecurityGroups"][0]
        except ClientError as error:
            if is_absent(error, "InvalidGroup.NotFound", "InvalidGroupId.Malformed"):
                raise InputError(f"alb_security_group_id: {error.response['Error']['Message']}.") from error
            raise
    refuse_group(ident, group["VpcId"], params["vpc_id"])


def _ssl_policy(clients: Clients, params: Mapping[str, Any]) -> None:
    policy, elbv2 = params["ssl_policy"], clients("elbv2")
    with doing("looking at the policy in alb_ssl_policy"):
        try:
            known = elbv2.describe_ssl_policies(Names=[policy])["SslPolicies"]
        except ClientError as error:
            if not is_absent(error, "SSLPolicyNotFound"):
                raise
            known = []
        if known:
            return
        pages = elbv2.get_paginator("describe_ssl_policies").paginate()
        names = sorted(item["Name"] for page in pages for item in page["SslPolicies"])
    raise InputError(f"alb_ssl_policy is {policy!r}, which AWS does not know. It knows {', '.join(names)}.")


def _health_checks(clients: Clients, params: Mapping[str, Any], scope: Scope) -> dict[str, HealthCheck]:
    wanted, groups = (
        HealthCheck(params["health_check_path"], params["health_check_matcher"]),
        TargetGroup(clients, scope),
    )
    with doing(f"looking at the health of {scope.stack}"):
        refuse_protocol(groups.protocols(), params["target_protocol"])
        serving = groups.serving(wanted)
    return kept(wanted, serving)


def _certificate(clients: Clients, params: Mapping[str, Any], scope: Scope, today: datetime) -> str:
    acm, arn = clients("acm"), str(params["certificate_arn"])
    for extra in params["extra_certificate_arns"]:
        refuse_flawed(_described(acm, extra, "alb_extra_certificate_arns"), "alb_extra_certificate_arns", "", today)
    if arn == KNOWN_AFTER_APPLY:
        return arn
    if arn:
        refuse_flawed(_described(acm, arn, "alb_certificate_arn"), "alb_certificate_arn", params["domain"], today)
        return arn
    if not params["domain"]:
        raise InputError("alb_certificate_arn and alb_domain are both empty: give one, app_domain for example.")
    with doing(f"looking at the certificate that {balancer_name(scope)} shows"):
        present = Listener(clients, scope).certificate()
    return choose(_all(acm), params["domain"], today, acm.meta.region_name, present).arn


def _described(acm: Any, arn: str, variable: str) -> Certificate:
    with doing(f"looking at the certificate in {variable}"):
        try:
            return _plain(acm.describe_certificate(CertificateArn=arn)["Certificate"], "SubjectAlternativeNames")
        except ClientError as error:
            if is_absent(error, "ResourceNotFoundException", "InvalidArnException", "ValidationException"):
                raise InputError(
                    f"{variable}: ACM in {acm.meta.region_name} has no certificate {arn}. "
                    f"A load balancer takes only certificates of its own region."
                ) from error
            raise


def _all(acm: Any) -> list[Certificate]:
    with doing("listing certificates"):
        pages = acm.get_paginator("list_certificates").paginate(Includes={"keyTypes": KEY_TYPES})
        listed = [item for page in pages for item in page["CertificateSummaryList"]]
    return [
        # A summary holds at most a hundred names.
        _described(acm, item["CertificateArn"], "ACM's list")
        if item.get("HasAdditionalSubjectAlternativeNames") or "SubjectAlternativeNameSummaries" not in item
        else _plain(item, "SubjectAlternativeNameSummaries")
        for item in listed
    ]


def _plain(item: Mapping[str, Any], alternatives: str) -> Certificate:
    names = (item["DomainName"], *item.get(alternatives, ()))
    return Certificate(
        item["CertificateArn"],
        tuple(dict.fromkeys(names)),
        item.get("Status", "of unknown status"),
        item.get("NotBefore"),
        item.get("NotAfter"),
    )
