# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Why a certificate is not issued: what the world is told about the domain, in words that say what to do. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ansible_collections.calstack.aws.plugins.module_utils._dns.certificates import Certificate, Proof
from ansible_collections.calstack.aws.plugins.module_utils._dns.names import plain
from ansible_collections.calstack.aws.plugins.module_utils._dns.resolver import Answer

Ask = Callable[[str, str], Answer]
"""(name, type) to what public DNS says."""

AMAZON = ("amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com")
"""Whom a CAA record must let issue: https://docs.aws.amazon.com/acm/latest/userguide/setup-caa.html"""

REASONS = {
    "CAA_ERROR": "a CAA record of the domain forbids Amazon to issue: add one with the value 0 issue amazon.com",
    "DOMAIN_NOT_ALLOWED": "Amazon issues none for this name",
    "NO_AVAILABLE_CONTACTS": "nobody could be asked for the domain",
    "ADDITIONAL_VERIFICATION_REQUIRED": "AWS wants to look at this name itself: open a case with AWS Support",
    "PCA_ACCESS_DENIED": "the private authority has refused",
}


@dataclass(frozen=True)
class Case:
    """What is known on our side."""

    zone: str
    name_servers: tuple[str, ...]
    missing: tuple[Proof, ...] = ()
    """Records that do not stand in the zone."""


def failure(certificate: Certificate) -> str:
    """Why ACM has given up."""
    reason = certificate.failure
    return f"{reason}: {REASONS[reason]}" if reason in REASONS else reason or "ACM gives no reason"


def explain(certificate: Certificate, case: Case, ask: Ask) -> str:
    """What is wrong, in the order in which it has to be put right."""
    found = [*_missing(case), *_delegation(case, ask), *_forbidden(certificate, ask)]
    if not found:
        found = [*_unseen(certificate, ask)]
    return "; ".join(found) or (
        "all records are there and public DNS answers with them: ACM usually takes a few minutes, at most half an hour"
    )


def _missing(case: Case) -> Iterator[str]:
    for proof in case.missing:
        yield f"the record {plain(proof.name)} CNAME {plain(proof.value)} is missing in the zone {case.zone}"


def _delegation(case: Case, ask: Ask) -> Iterator[str]:
    answer = ask(case.zone, "NS")
    if not answer.known or not case.name_servers:
        return
    ours = ", ".join(case.name_servers)
    if not answer.values:
        yield (
            f"public DNS does not know the zone {case.zone}: at the registrar, or in the parent zone, enter the name "
            f"servers {ours}"
        )
    elif not set(answer.values) & set(case.name_servers):
        yield (
            f"public DNS names other name servers for {case.zone} ({', '.join(answer.values)}): at the registrar, or "
            f"in the parent zone, enter {ours}"
        )


def _forbidden(certificate: Certificate, ask: Ask) -> Iterator[str]:
    for name in certificate.names:
        where, records = _caa(name, ask)
        issuers = [value.partition(" ")[2].partition(";")[0].strip() for value in records if value.startswith("issue ")]
        if issuers and not any(issuer in AMAZON for issuer in issuers):
            yield (
                f"the CAA record of {where} lets only {', '.join(filter(None, issuers)) or 'nobody'} issue "
                f"certificates for {name}: add one with the value 0 issue amazon.com"
            )


def _caa(name: str, ask: Ask) -> tuple[str, Sequence[str]]:
    """The nearest CAA records upwards count: https://www.rfc-editor.org/rfc/rfc8659#section-3"""
    labels = plain(name).removeprefix("*.").split(".")
    for start in range(len(labels)):
        parent = ".".join(labels[start:])
        if values := ask(parent, "CAA").values:
            return parent, values
    return name, ()


def _unseen(certificate: Certificate, ask: Ask) -> Iterator[str]:
    for proof in certificate.proofs:
        answer = ask(proof.name, "CNAME")
        if answer.known and plain(proof.value) not in answer.values:
            said = f"answers {', '.join(answer.values)}" if answer.values else "has no such record yet"
            yield f"the record {plain(proof.name)} stands in the zone, but public DNS {said}"
