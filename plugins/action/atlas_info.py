# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Run the module of the same name, in a fork where the connection is warm."""

from __future__ import annotations

from ansible_collections.calstack.aws.plugins.plugin_utils.warm_action import WarmAction


class ActionModule(WarmAction):
    """What Ansible runs for a task that names the module."""
