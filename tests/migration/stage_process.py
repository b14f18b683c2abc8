"""The module mongodb_migrate in a process of its own, which can be killed.

usage: python stage_process.py     the module's arguments come as JSON on standard input
"""

import json
import sys

from ansible.module_utils.testing import patch_module_args
from ansible_collections.calstack.aws.plugins.modules import mongodb_migrate

if __name__ == "__main__":
    with patch_module_args(json.load(sys.stdin)):
        mongodb_migrate.main()
