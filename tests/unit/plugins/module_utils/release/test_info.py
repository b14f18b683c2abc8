"""What ecs_blue_green_info refuses."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._release import info


class RefusedError(Exception):
    pass


class Module:
    """What the module needs of Ansible's; it makes no client."""

    def __init__(self, **params):
        self.params = {"stack_name": "calstack-dev", "release": "", "report_dir": None} | params

    def fail_json(self, msg):
        raise RefusedError(msg)


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_below_one_is_refused_before_a_call(limit):
    with pytest.raises(RefusedError, match=f"limit is {limit}: give how many releases to list, at least 1"):
        info.run(Module(limit=limit))
