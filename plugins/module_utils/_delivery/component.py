# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The component's kinds and how they are set up."""

from __future__ import annotations

from functools import partial

from ansible_collections.calstack.aws.plugins.module_utils._core.component import Component
from ansible_collections.calstack.aws.plugins.module_utils._delivery.deploy_role import DeployRole
from ansible_collections.calstack.aws.plugins.module_utils._delivery.model import outputs, wanted
from ansible_collections.calstack.aws.plugins.module_utils._delivery.provider import Provider
from ansible_collections.calstack.aws.plugins.module_utils._delivery.survey import survey


def delivery(*, check: bool = False) -> Component:
    """The component, in check mode or not."""
    return Component("delivery", (Provider, DeployRole), wanted, outputs, partial(survey, check=check))
