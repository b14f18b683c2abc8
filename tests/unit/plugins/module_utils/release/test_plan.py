"""What speaks against a release, and what it would do."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._release.gates.config import Gates
from ansible_collections.calstack.aws.plugins.module_utils._release.model import OneOff, Phase
from ansible_collections.calstack.aws.plugins.module_utils._release.plan import plan, refusals
from release_parts import release, world

FREE = {"subnet-1": 1, "subnet-2": 0}


def lines(there, seen):
    return plan(there, seen, Gates(error_rate=None, latency=None), ["image v1 -> v2"], {"subnet-1": 9})


def numbered(there, seen):
    """The first words of what is ahead."""
    return [line.split()[1] for line in lines(there, seen) if line.split()[0].isdigit()]


class TestThePlan:
    def test_of_a_new_release_begins_at_its_beginning(self):
        found = lines(release(), world())
        assert found[1] == "  now        blue serves everybody with v1, 2 of 2 tasks healthy"
        assert numbered(release(), world()) == ["prepare", "start", "healthy", "shift", "shift", "bake", "promote"]
        assert found[-1] == "  time       3 min of bakes, besides the start of the tasks"

    def test_of_one_that_was_paused_at_10_per_cent_begins_with_the_next_step(self):
        there = release(Phase.SHIFT, step=1, weight=10, weight_before=10)
        found = lines(there, world(10, green_desired=3))
        assert found[1:3] == [
            "  now        blue has 90 % of the requests with v1, 2 of 2 tasks healthy",
            "             green has 10 % of the requests with v2, 2 of 3 tasks healthy",
        ]
        assert numbered(there, world(10)) == ["shift", "bake", "promote"]
        assert found[-1] == "  time       2 min of bakes"

    def test_within_a_bake_it_is_no_shift_any_more(self):
        there = release(Phase.ANALYSE, step=0, weight=10)
        assert numbered(there, world(10)) == ["bake", "shift", "bake", "promote"]

    def test_what_has_run_once_does_not_run_again(self):
        one_offs = (OneOff("migrate", ("migrate",)), OneOff("warm", ("warm",)))
        found = lines(release(one_offs=one_offs, one_offs_done=("migrate",)), world())
        assert [line for line in found if "one-off" in line] == ["   2 prepare  run the one-off task warm: warm"]

    def test_of_a_promotion_nothing_but_that_is_left(self):
        there = release(Phase.PROMOTE, step=2, weight=100)
        assert numbered(there, world(100)) == ["promote"]
        assert lines(there, world(100))[1] == "  now        green serves everybody with v2, 2 of 2 tasks healthy"

    def test_of_a_rollback_is_one_line(self):
        (line,) = lines(release(Phase.ROLL_BACK), world(10))
        assert line.endswith("all requests go back to blue, what runs on green stops")


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
