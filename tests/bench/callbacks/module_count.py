"""Count the modules a playbook runs: everything that is not one of Ansible's own actions."""

import os
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: module_count
type: notification
short_description: Count modules
description: Writes the number of module runs to the file that E(BENCH_MODULE_COUNT) names.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "module_count"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self.modules = 0

    def v2_runner_on_ok(self, result: Any) -> None:
        self.modules += not result.task.resolved_action.startswith(("ansible.builtin.", "ansible.legacy."))

    def v2_playbook_on_stats(self, stats: Any) -> None:
        Path(os.environ["BENCH_MODULE_COUNT"]).write_text(str(self.modules))
