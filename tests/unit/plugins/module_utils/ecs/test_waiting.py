"""Tasks that start late, never, or while nobody looks."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._core.show import show
from ansible_collections.calstack.aws.plugins.module_utils._ecs.component import notes
from ecs_account import BLUE, GREEN, definition, describe, give_up, image, no_change, push, released, scope, site, steps


class TestWaiting:
    def test_a_first_image_that_cannot_run_is_an_error_that_says_why(self, aws):
        push(aws, "v1")
        with pytest.raises(CalstackError) as failed:
            site(aws, aws.given, sleep=give_up)
        words = str(failed.value)
        assert "calstack-dev-blue:1) is given up by ECS's deployment circuit breaker" in words
        assert "Last events: (service x) was unable to place a task." in words

    def test_so_is_one_that_came_later(self, aws):
        site(aws, aws.given)
        push(aws, "v1")
        with pytest.raises(CalstackError, match=r"calstack-dev-blue:2. is given up by ECS"):
            site(aws, aws.given, sleep=give_up)

    def test_and_the_next_run_starts_it_anew(self, aws):
        push(aws, "v1")
        with pytest.raises(CalstackError):
            site(aws, aws.given, sleep=give_up)
        deployment = describe(aws, BLUE)["deployments"][0]["id"]
        result, _ = site(aws, aws.given)
        assert f"update service {BLUE}" in steps(result)
        assert describe(aws, BLUE)["deployments"][0]["id"] != deployment
        no_change(aws)

    def test_with_the_image_that_was_pushed_instead(self, aws):
        push(aws, "v1")
        with pytest.raises(CalstackError):
            site(aws, aws.given, sleep=give_up)
        digest = push(aws, "v2")
        site(aws, aws.given | {"image": "calstack:v2"})
        assert image(aws, BLUE).endswith(digest)
        assert definition(aws, BLUE)["revision"] == 2

    def test_a_run_killed_while_it_waited_is_completed_by_the_next(self, aws):
        push(aws, "v1")

        def killed(_seconds):
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            site(aws, aws.given, sleep=killed)
        result, _ = site(aws, aws.given)
        assert steps(result)[0] == f"update service {BLUE}"
        assert "rollout: IN_PROGRESS -> COMPLETED" in show(result.changes)
        no_change(aws)

    @pytest.mark.parametrize("writes", [1, 3, 6, 8, 9, 11, 15])
    def test_a_run_killed_at_any_write_is_completed_by_the_next(self, aws, writes):
        digest = push(aws, "v1")
        aws.calls.clear()
        aws.dies_after = writes
        with pytest.raises(KeyboardInterrupt):
            site(aws, aws.given)
        aws.dies_after = None
        site(aws, aws.given)
        assert image(aws, BLUE).endswith(digest)
        assert [describe(aws, name)["desiredCount"] for name in (BLUE, GREEN)] == [2, 0]
        no_change(aws)

    def test_it_does_not_wait_when_told_not_to(self, aws):
        push(aws, "v1")

        def never(_seconds):
            raise AssertionError("it waits")

        site(aws, aws.given | {"wait_seconds": 0}, sleep=never)
        no_change(aws, wait_seconds=0)

    def test_a_rollout_that_failed_later_is_a_warning(self, built):
        released(built)
        give_up()
        result, _ = site(built, built.given)
        assert steps(result) == []
        assert [words.split(" failed")[0] for words in notes(result.found, scope())] == [
            f"the last deployment of {name}" for name in (BLUE, GREEN)
        ]
