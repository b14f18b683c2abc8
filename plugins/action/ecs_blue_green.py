# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Run the module of the same name and show its progress while it works."""

from __future__ import annotations

from ansible.utils.display import Display
from ansible_collections.calstack.aws.plugins.module_utils._release.live import Screen
from ansible_collections.calstack.aws.plugins.plugin_utils.live_action import LiveAction, columns


class ActionModule(LiveAction):
    """What Ansible runs for a task that names the module."""

    def screen(self) -> Screen:
        return Screen(columns, intents=Display().verbosity > 0)
