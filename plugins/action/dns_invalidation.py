# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Run the module of the same name and show its progress while it works."""

from __future__ import annotations

from ansible_collections.calstack.aws.plugins.plugin_utils.live_action import LiveAction


class ActionModule(LiveAction):
    """What Ansible runs for a task that names the module."""
