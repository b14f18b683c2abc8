# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What to try, by what a failed check has said. Pure.

Atlas's own page for the same: https://www.mongodb.com/docs/atlas/troubleshoot-connection/
"""

from __future__ import annotations

import re

Table = tuple[tuple[str, str], ...]
"""Patterns and advice: the first that is found counts."""

NETWORK = (
    "Atlas lets in only the addresses of its access list: are the NAT gateways' in it and ACTIVE (run site.yml), may "
    "the tasks' security group go out to TCP 27015-27017 (PrivateLink: 1024-65535), and do their subnets have a way "
    "out (vpc_nat)?"
)
ANOTHER_COMMAND = (
    "set atlas_check_command to a command that it has; it finds the connection string in the environment and ends with "
    "0 when the database answers."
)

START: Table = (
    (
        r"(ResourceInitialization|CannotPull|unable to pull).*(timed? ?out|deadline exceeded)",
        "ECS did not reach ECR or Secrets Manager from the subnets: they need a NAT gateway or VPC endpoints.",
    ),
    (
        r"unable to pull secrets.*(AccessDenied|not authorized)",
        "The execution role may not read the secret: run site.yml, which puts the services' secrets into its policy.",
    ),
    (r"did not contain json key", "Set atlas_check_key to a key that the secret has."),
    (
        r"CannotPullContainer",
        "The image is not there or may not be pulled: look at atlas_check_image and at the repository.",
    ),
    (
        r"executable file not found|no such file",
        f"The image has no python in its PATH: {ANOTHER_COMMAND}",
    ),
    (r"OutOfMemory", "Its memory is app_memory: raise it."),
)
"""For a task whose command never ran."""

CONNECTION: Table = (
    (
        r"dnspython|pymongo\[srv\]",
        "The image's PyMongo lacks dnspython, which mongodb+srv:// needs: put pymongo[srv] into its requirements.",
    ),
    (
        r"pymongo[-_]auth[-_]aws|pymongo\[aws\]",
        "The image's PyMongo lacks what signs in with a role: put pymongo[aws] into its requirements, or go back to a "
        "user with a password.",
    ),
    (
        r"ModuleNotFoundError|ImportError|No module named|ended with 12[67]\b|it said:.*no such file",
        f"The image has no python with PyMongo in its PATH: {ANOTHER_COMMAND}",
    ),
    (
        r"InvalidURI|the driver cannot read it",
        "The secret holds no connection string that PyMongo can read: user and password must be percent-encoded.",
    ),
    (
        r"AuthenticationFailed|authentication fail|bad auth|\bcode 18\b|nobody is authenticated",
        "The server is there but does not let this user in: run site.yml, which brings the database user and the "
        "secret together again.",
    ),
    (
        r"not authorized|unauthorized|not allowed to do action|\bcode 13\b",
        "The user is let in but may not do this: it needs a role on atlas_check_database.",
    ),
    (
        r"TLSV1_ALERT_INTERNAL_ERROR|tlsv1 alert internal error",
        f"Atlas ends the handshake like this for addresses that it does not know. {NETWORK}",
    ),
    (
        r"certificate.verify.failed|wrong.version.number|SSL handshake failed(?!.*timed out)|tlsv1|hostname mismatch",
        "There is no trusted TLS: is the host the cluster's own, are the image's root certificates up to date, and "
        "does nothing in between (a proxy) put its own certificate in?",
    ),
    (
        r"DNS (query|operation|response)|getaddrinfo|name or service not known|no address associated|name resolution|"
        r"NXDOMAIN|nodename nor servname|resolution lifetime",
        "The host's name is not found: does the cluster still exist, does the VPC resolve names (enableDnsSupport), "
        "and, with PrivateLink, is the endpoint AVAILABLE?",
    ),
    (r"ServerSelectionTimeout|NetworkTimeout|AutoReconnect|timed? ?out|refused|unreachable|no route to host", NETWORK),
    (r"ended with 137\b", "It was killed: is app_memory enough?"),
)
"""For what the command has said. A time-out's words also quote what came before it, so it comes last."""


def advice(words: str, table: Table) -> str:
    """What to try; empty where nothing is known."""
    found = (text for pattern, text in table if re.search(pattern, words, re.IGNORECASE | re.DOTALL))
    return next(found, "")
