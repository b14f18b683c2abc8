# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What the resources of the component are called, and what GitHub calls its own. Pure."""

from __future__ import annotations

ROLE_POLICY = "deploy"

ISSUER = "token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"

REGION_TAG = "calstack:region"
"""IAM knows no regions: by this tag an environment's role is known from that of the same stack in another region."""


def role_name(stack: str, region: str) -> str:
    """The role's name where none is given."""
    return f"{stack}-{region}-deploy"


def provider_arn(partition: str, account: str) -> str:
    """An account has one provider of an issuer, and this is its ARN."""
    return f"arn:{partition}:iam::{account}:oidc-provider/{ISSUER}"
