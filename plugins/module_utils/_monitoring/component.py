# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The component's kinds and how they are set up."""

from __future__ import annotations

from functools import partial

from ansible_collections.calstack.aws.plugins.module_utils._core.component import Component
from ansible_collections.calstack.aws.plugins.module_utils._monitoring.alarm import Alarm, CompositeAlarm
from ansible_collections.calstack.aws.plugins.module_utils._monitoring.budget import Budget
from ansible_collections.calstack.aws.plugins.module_utils._monitoring.dashboard import Dashboard
from ansible_collections.calstack.aws.plugins.module_utils._monitoring.metric_filter import MetricFilter
from ansible_collections.calstack.aws.plugins.module_utils._monitoring.model import outputs, wanted
from ansible_collections.calstack.aws.plugins.module_utils._monitoring.survey import survey
from ansible_collections.calstack.aws.plugins.module_utils._monitoring.topic import Subscription, Topic, unconfirmed


def monitoring(*, check: bool = False) -> Component:
    """The component, in check mode or not."""
    kinds = (Topic, Subscription, MetricFilter, Alarm, CompositeAlarm, Dashboard, Budget)
    return Component("monitoring", kinds, wanted, outputs, partial(survey, check=check), unconfirmed)
