# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What to try when Atlas refuses, or does not answer. Pure."""

from __future__ import annotations

from ansible_collections.calstack.aws.plugins.module_utils._atlas.credentials import Credentials
from ansible_collections.calstack.aws.plugins.module_utils._atlas.transport import UnansweredError

NOT_A_MEMBER = ("NOT_IN_GROUP", "USER_CANNOT_ACCESS_GROUP", "USER_CANNOT_ACCESS_ORG")
"""Atlas answers these with 401, though the credentials are right."""

ACCESS_LIST = (
    "IP_ADDRESS_NOT_ON_ACCESS_LIST",
    "ORG_REQUIRES_ACCESS_LIST",
    "RESOURCE_REQUIRES_ACCESS_LIST",
    "IP_ADDRESS_NOT_ON_WHITELIST",
    "ORG_REQUIRES_WHITELIST",
    "RESOURCE_REQUIRES_WHITELIST",
)


def advice(status: int, code: str, who: Credentials) -> str:
    """One sentence or more; "" where the answer says it all."""
    variables = " and ".join(who.variables)
    if code in ACCESS_LIST or (status == 403 and "ACCESS_LIST" in code):
        return (
            f"Add this machine's public address to the API access list of the {who.name} "
            f"(in Atlas: Organization, Applications). The project's own IP access list is another one."
        )
    if code in NOT_A_MEMBER:
        return f"Check the project's id or name, and that the {who.name} has a role in that project."
    if status == 401:
        return (
            f"Check {variables}: the {who.name} must exist in this organization and its secret must not have "
            f"expired or been replaced. If it has an API access list, this machine's public address must be on it."
        )
    if status == 403:
        return (
            f"The {who.name} lacks the role: Project Owner in the project, and Organization Project Creator "
            f"to create projects."
        )
    return _of_status(status, code)


def _of_status(status: int, code: str) -> str:
    if status == 402 or code == "NO_PAYMENT_INFORMATION_FOUND":
        return "Add a payment method to the organization (in Atlas: Organization, Billing), or take the free size M0."
    if status in (406, 410):
        return "Atlas no longer serves this version of the operation: update the collection calstack.aws."
    if status == 407:
        return "The proxy wants credentials: check HTTPS_PROXY."
    if status == 429:
        return "Atlas limits requests by the minute: wait a few minutes, then run the same command again."
    if 300 <= status < 400:
        return "Redirects are not followed, because of the credentials. Check MONGODB_ATLAS_BASE_URL and the proxy."
    if status >= 500:
        return "See https://status.mongodb.com, then run the same command again: it goes on from here."
    return ""


def unanswered(error: UnansweredError, host: str) -> str:
    """What happened and what to try, where there was no answer."""
    over = f" over the proxy {error.proxy}" if error.proxy else ""
    check = "Check HTTPS_PROXY and NO_PROXY." if error.proxy else "Check the network; behind a proxy, set HTTPS_PROXY."
    again = "It may have been done nevertheless: run the same command again, which looks. " if error.sent else ""
    if error.cause == "tls":
        return (
            f"there is no trusted TLS connection to {host}{over} ({error.words}). If a proxy inspects TLS here, "
            f"add its certificate authority to the system's, or name it in SSL_CERT_FILE. Verification cannot be "
            f"turned off: the credentials would go to whoever answers."
        )
    if error.cause == "dns":
        return f"{error.proxy or host} could not be looked up ({error.words}). {check}"
    if error.cause == "proxy":
        return f"the proxy {error.proxy} did not let the request through to {host} ({error.words}). {check}"
    if error.cause == "refused":
        return f"{error.proxy or host} refused the connection. {check}"
    if error.cause == "timeout":
        return f"{host} did not answer{over} in time. {again}{check}"
    return f"the connection to {host}{over} broke ({error.words}). {again}{check}"
