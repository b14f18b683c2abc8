"""What speaks against a release, and what it would do."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._release.plan import refusals
from release_parts import release, world

FREE = {"subnet-1": 1, "subnet-2": 0}


class TestAddresses:
    def test_each_new_task_needs_one(self):
        (words,) = refusals(release(), world(), FREE)
        assert words.startswith("green needs 2 more addresses, but its subnets (subnet-1, subnet-2) have 1 left")

    def test_of_another_revision_warm_tasks_do_not_count(self):
        assert refusals(release(kind="rollback"), world(), FREE)

    @pytest.mark.parametrize(("tasks", "healthy", "refused"), [(2, 2, False), (3, 2, False), (4, 2, True)])
    def test_a_warm_way_back_needs_only_what_is_missing(self, tasks, healthy, refused):
        there = release(kind="rollback", base_task_definition="green:2", stable_tasks=tasks)
        found = refusals(there, world(green_healthy=healthy), FREE)
        assert bool(found) == refused
