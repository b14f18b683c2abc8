# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Run a module of this collection in a fork where the connection is warm: meta/runtime.yml says for which modules."""

from __future__ import annotations

from ansible_collections.calstack.aws.plugins.plugin_utils.warm_action import WarmAction


class ActionModule(WarmAction):
    """What Ansible runs for a task that names such a module."""
