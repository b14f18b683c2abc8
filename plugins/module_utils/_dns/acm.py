# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""ACM's calls, each in one function."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._alb.survey import KEY_TYPES
from ansible_collections.calstack.aws.plugins.module_utils._dns.certificates import Certificate, Proof
from ansible_collections.calstack.aws.plugins.module_utils._ecs.calls import unless_absent

ABSENT = "ResourceNotFoundException"


def certificates(client: Any) -> list[Certificate]:
    """All of the region, with their tags. `proofs` and `in_use_by` have to be asked for one by one: `described`."""
    pages = client.get_paginator("list_certificates").paginate(Includes={"keyTypes": KEY_TYPES})
    listed = [item for page in pages for item in page["CertificateSummaryList"]]
    found = [unless_absent(partial(_tagged, client, item), ABSENT) for item in listed]
    return [item for item in found if item]


def _tagged(client: Any, item: Mapping[str, Any]) -> Certificate:
    names = item.get("SubjectAlternativeNameSummaries")
    # A summary holds at most a hundred names.
    if names is None or item.get("HasAdditionalSubjectAlternativeNames"):
        plain = describe(client, item["CertificateArn"])
    else:
        plain = Certificate(
            item["CertificateArn"],
            tuple(dict.fromkeys((item["DomainName"], *names))),
            item.get("Status", "of unknown status"),
            item.get("KeyAlgorithm", ""),
            item.get("NotAfter"),
        )
    tags = client.list_tags_for_certificate(CertificateArn=plain.arn)["Tags"]
    return replace(plain, tags={tag["Key"]: tag.get("Value", "") for tag in tags})


def describe(client: Any, arn: str) -> Certificate:
    """All there is to know, but its tags."""
    item = client.describe_certificate(CertificateArn=arn)["Certificate"]
    options = item.get("DomainValidationOptions", ())
    proofs = {
        Proof(one["ResourceRecord"]["Name"], one["ResourceRecord"]["Value"])
        for one in options
        if "ResourceRecord" in one
    }
    return Certificate(
        item["CertificateArn"],
        tuple(dict.fromkeys((item["DomainName"], *item.get("SubjectAlternativeNames", ())))),
        item.get("Status", "of unknown status"),
        item.get("KeyAlgorithm", ""),
        item.get("NotAfter"),
        in_use_by=tuple(item.get("InUseBy", ())),
        proofs=tuple(sorted(proofs, key=lambda proof: proof.name)),
        proved=bool(options) and all("ResourceRecord" in one for one in options),
        failure=item.get("FailureReason", ""),
    )


def request(client: Any, names: Sequence[str], tags: Mapping[str, str]) -> str:
    """Ask for a certificate for `names`; returns its ARN.

    The token makes botocore's own repetitions of the call one request; it is never used again, because ACM would
    then name a certificate that has been deleted since.
    """
    first, *others = names
    more = {"SubjectAlternativeNames": list(names)} if others else {}
    answer = client.request_certificate(
        DomainName=first,
        ValidationMethod="DNS",
        IdempotencyToken=uuid.uuid4().hex,
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        **more,
    )
    return str(answer["CertificateArn"])


def delete(client: Any, arn: str) -> None:
    unless_absent(lambda: client.delete_certificate(CertificateArn=arn), ABSENT)
