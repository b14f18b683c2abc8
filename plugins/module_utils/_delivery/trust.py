# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Who may take the deploy role: jobs of one GitHub repository in one GitHub environment, as an IAM policy. Pure."""

from __future__ import annotations

import re

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._delivery.names import AUDIENCE, ISSUER
from ansible_collections.calstack.aws.plugins.module_utils._ecs.permissions import Statements

_REPOSITORY = re.compile(
    r"(?P<owner>[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})(?:@\d+)?)/(?P<name>[A-Za-z0-9._-]{1,100}(?:@\d+)?)", re.ASCII
)
_ENVIRONMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._/-]{0,254}", re.ASCII)
_BRANCH = re.compile(r"(?![/.])[A-Za-z0-9._/-]{1,200}(?<![/.])", re.ASCII)
"""None of them holds what IAM or GitHub reads as more than itself: no *, no ?, no $, no colon."""


def subject(repository: str, environment: str) -> str:
    """The token's subject: GitHub names the environment in it as soon as a job says which it is for.

    Repositories made or renamed since July 2026 have their numbers in it, repo:OWNER@ID/NAME@ID:environment:NAME.
    https://docs.github.com/en/actions/reference/security/oidc
    """
    return f"repo:{repository}:environment:{environment}"


def check(repository: str, environment: str, branch: str) -> None:
    """Raise InputError for what GitHub cannot call so, which above all means: for anything that matches more."""
    if not _REPOSITORY.fullmatch(repository) or repository.count("@") == 1:
        raise InputError(
            f"delivery_repository is {repository!r}: give OWNER/REPO as in its address on GitHub, or OWNER@ID/REPO@ID "
            f"where its tokens carry the numbers; wildcards are not allowed. Empty for no delivery from GitHub."
        )
    if not _ENVIRONMENT.fullmatch(environment):
        raise InputError(
            f"delivery_github_environment is {environment!r}: give the name of a GitHub environment, in letters, "
            f"digits, blanks, dots, hyphens, underscores and slashes; wildcards are not allowed."
        )
    if branch and not _BRANCH.fullmatch(branch):
        raise InputError(
            f"delivery_branch is {branch!r}: give a branch's name, for example main; wildcards are not allowed. "
            f"Empty for every branch that the GitHub environment lets deploy."
        )


def trust(provider: str, repository: str, environment: str, branch: str) -> Statements:
    """GitHub's jobs may take the role whose token says all of this; `provider` is the identity provider's ARN.

    StringEquals, never StringLike: nothing in the values is a pattern. A claim that is missing does not match.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
    """
    claims = {"aud": AUDIENCE, "sub": subject(repository, environment)}
    if branch:
        claims["ref"] = f"refs/heads/{branch}"
    return {
        "GitHub": {
            "Effect": "Allow",
            "Principal": {"Federated": frozenset({provider})},
            "Action": frozenset({"sts:AssumeRoleWithWebIdentity"}),
            "Condition": {"StringEquals": {f"{ISSUER}:{claim}": frozenset({value}) for claim, value in claims.items()}},
        }
    }
