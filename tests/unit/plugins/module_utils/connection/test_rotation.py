"""A rotation may die after any step: nobody who is in loses the way in, and the next run gets to the end."""

from dataclasses import replace

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._connection.rotation import GOALS
from ansible_collections.calstack.aws.plugins.module_utils._connection.state import (
    ATLAS,
    CURRENT,
    KEY,
    PENDING,
    PREVIOUS,
    SECRETS,
    SOURCE,
    Grants,
    Version,
)
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from connection_world import ADDRESS, BROUGHT, GRANTS, OTHER, PLACES, ROLE, A, B, World, uri
from hypothesis import given, settings
from hypothesis import strategies as st


def built(tasks=2):
    world = World()
    world.run()
    world.release(tasks)
    return world


def turned():
    """The second user is current, the first is still there, and nothing has been released."""
    world = built()
    world.run("prepared")
    world.run("current")
    return world


def labels(world):
    return {label: version.id for label, version in world.secret.labelled.items()}


def test_the_first_run_makes_a_user_and_a_secret_and_the_second_does_nothing():
    world = World()
    assert world.run() == ["PutUser", "CreateSecret"]
    assert world.login().user == A
    assert world.run() == []


def test_a_whole_rotation():
    world = built()
    assert world.run("prepared") == ["PutUser", "PutVersion"]
    assert (world.login().user, world.login(PENDING).user) == (A, B)
    assert world.run("prepared") == []
    assert world.run("current") == ["MoveLabel", "MoveLabel"]
    assert (world.login().user, world.login(PENDING)) == (B, None)
    assert world.run("current") == []
    plan = world.plan("retired")
    assert not plan.steps
    assert "calstack-dev-a stays: 2 running tasks started before" in plan.notes[0]
    world.half_release()
    assert world.run("retired") == []
    assert "one running task started" in world.plan("retired").notes[0]
    world.release()
    assert world.run("retired") == ["DeleteUser"]
    assert set(world.state.users) == {B}
    world.run("prepared")
    assert world.login(PENDING).user == A


def test_a_rotation_before_the_release_of_the_one_before_goes_on_with_that_one():
    world = turned()
    plan = world.plan("prepared")
    assert plan.steps == []
    assert "2 running tasks may still use the database user calstack-dev-a" in plan.notes[0]
    assert world.run("current") == []
    assert world.login().user == B


def test_present_drops_what_is_pending_with_its_user():
    world = built()
    world.run("prepared")
    assert world.run() == ["MoveLabel", "DeleteUser"]
    assert (labels(world).keys(), set(world.state.users)) == ({CURRENT}, {A})


def test_present_leaves_alone_what_waits_for_a_release_and_completes_it_afterwards():
    world = turned()
    plan = world.plan("present")
    assert not plan.steps
    assert "playbooks/release.yml with -e release_image=stable" in plan.notes[0]
    world.release()
    assert world.run() == ["DeleteUser"]


def test_undone_drops_what_is_pending_and_then_has_nothing_to_undo():
    world = built()
    world.run("prepared")
    assert world.run("undone") == ["MoveLabel", "DeleteUser"]
    assert world.run("undone") == []
    assert "no rotation of calstack/dev/database is under way" in world.plan("undone").notes[0]


def test_undone_goes_back_to_the_user_before_and_does_not_go_forth_again():
    world = turned()
    # All tasks are older than the version that is given up, so none can have read it.
    assert world.run("undone") == ["MoveLabel", "DeleteUser"]
    assert (world.login().user, set(world.state.users)) == (A, {A})
    assert world.run("undone") == []


def test_undone_keeps_the_user_that_a_restarted_task_may_have_read():
    world = turned()
    world.restart()
    assert world.run("undone") == ["MoveLabel"]
    # This task names the version that is current again, but has read the other one.
    assert set(world.state.users) == {A, B}
    assert world.run("undone") == []
    world.release()
    assert world.run("retired") == ["DeleteUser"]


def test_after_a_move_back_a_task_is_not_trusted_for_its_revision():
    world = turned()
    world.restart()
    assert world.tasks[-1].login.user == B
    world.run("undone")
    assert world.run("retired") == []
    assert B in world.state.users


def test_a_version_of_a_user_that_is_gone_is_not_gone_back_to():
    world = turned()
    world.release()
    world.run("retired")
    assert world.run("undone") == []


def test_only_what_changed_is_written_and_other_keys_stay():
    world = built()
    password = world.login().password
    current = world.secret.version(CURRENT)
    kept = replace(current, value={**current.value, "OTHER": "kept"})
    world.state = replace(world.state, secret=replace(world.secret, labelled={CURRENT: kept}))
    assert world.run() == []
    assert world.run(options={"appName": "calstack-dev", "maxPoolSize": "7"}) == ["PutVersion"]
    value = world.secret.version(CURRENT).value
    assert value == {KEY: f"{uri(A, password)}&maxPoolSize=7", "OTHER": "kept"}


def test_a_user_that_somebody_deleted_comes_back_with_its_password():
    world = built()
    password = world.passwords.pop(A)
    world.state = replace(world.state, users={})
    assert world.plan("present").steps[0].password == password


def test_the_user_of_a_switch_is_made_again_where_somebody_deleted_it():
    world = built()
    world.run("prepared")
    password = world.passwords.pop(B)
    world.state = replace(world.state, users={A: world.state.users[A]})
    step = world.plan("current").steps[0]
    assert (step.name, step.password) == (B, password)


def test_a_label_that_a_killed_switch_has_left_says_nothing():
    world = built()
    world.run("prepared")
    world.run("current", dies_after=1)
    assert labels(world)[PENDING] == labels(world)[CURRENT]
    assert world.secret.pending is None
    assert world.run("current") == ["MoveLabel"]
    assert PENDING not in world.secret.labelled


def test_roles_converge_without_a_new_password():
    world = built()
    world.state = replace(world.state, users={A: Grants(frozenset(), frozenset())})
    (step,) = world.plan("present").steps
    assert (step.name, step.password, step.exists) == (A, "", True)


def test_a_mongodb_that_somebody_brought_stays_current_until_it_is_switched():
    world = World()
    world.bring()
    plan = world.plan("present")
    assert not plan.is_connected
    assert "playbooks/migrate.yml" in plan.notes[0]
    assert world.run() == ["PutUser", "PutVersion"]
    assert world.run() == []
    assert (world.secret.version(CURRENT).value[KEY], world.login(PENDING).user) == (BROUGHT, A)
    assert world.secret.version(PENDING).value["OTHER"] == "kept"
    world.release()
    with pytest.raises(CalstackError, match=r"would leave the data behind.*playbooks/migrate\.yml"):
        world.run("current")
    assert world.run("current", is_moved=True) == ["MoveLabel", "Tag", "MoveLabel", "MoveLabel"]
    assert world.secret.component == ATLAS
    assert labels(world)[SOURCE] == labels(world)[PREVIOUS] == "brought"
    assert world.run() == []
    world.release()
    assert world.run("source") == ["MoveLabel", "Tag"]
    assert (world.secret.component, world.secret.version(CURRENT).value[KEY]) == (SECRETS, BROUGHT)
    assert world.run("source") == []
    # Forth again: with the password the tasks have that still run.
    password = world.tasks[0].login.password
    assert world.run() == ["PutVersion"]
    assert world.login(PENDING).password == password


def test_take_over_switches_in_one_run():
    world = World()
    world.bring()
    assert world.run(take_over=True) == ["PutUser", "PutVersion", "MoveLabel", "Tag", "MoveLabel", "MoveLabel"]
    assert world.run(take_over=True) == []
    assert world.plan("present").is_connected


def test_what_has_changed_beside_the_string_meanwhile_is_not_lost_by_the_switch():
    world = World()
    world.bring()
    world.run()
    current = world.secret.version(CURRENT)
    changed = replace(current, value={**current.value, "OTHER": "newer"})
    labelled = {**world.secret.labelled, CURRENT: changed}
    world.state = replace(world.state, secret=replace(world.secret, labelled=labelled))
    tried = world.secret.version(PENDING).value[KEY]
    world.run("current", is_moved=True)
    assert world.secret.version(CURRENT).value == {KEY: tried, "OTHER": "newer"}


def test_from_a_password_to_the_role_and_back():
    """No other way is current before it has been tried."""
    world = built()
    plan = world.plan("present", by_role=True)
    assert (plan.is_connected, plan.is_settled) == (True, False)
    assert "Run playbooks/rotate.yml, which tries it" in plan.notes[0]
    assert world.run(by_role=True) == ["PutUser", "PutVersion"]
    assert (world.login().user, world.login(PENDING).is_role) == (A, True)
    assert world.run(by_role=True) == world.run("prepared", by_role=True) == []
    world.run("current", by_role=True)
    assert world.login().is_role
    world.release()
    assert world.run(by_role=True) == ["DeleteUser"]
    assert set(world.state.users) == {ROLE}
    assert world.plan("present", by_role=True).is_settled
    assert "no password to rotate" in world.plan("prepared", by_role=True).notes[0]
    assert world.run("prepared")[-2:] == ["PutUser", "PutVersion"]
    world.run("current")
    assert world.login().user == A
    world.release()
    assert world.run() == ["DeleteUser"]


PRIVATE = "mongodb+srv://calstack-dev-pl-0.ab1cd.mongodb.net"


def test_another_way_to_the_cluster_is_offered_and_the_former_stays_open_until_no_task_needs_it():
    world = built()
    given = {"address": PRIVATE, "places": PLACES | {"calstack-dev-pl-0.ab1cd.mongodb.net"}}
    assert world.plan("present").is_settled
    assert world.run(**given) == ["PutUser", "PutVersion"]
    assert (world.login().user, world.secret.version(CURRENT).address) == (A, ADDRESS)
    assert not world.plan("present", **given).is_settled
    world.run("prepared", **given)
    world.run("current", **given)
    assert world.secret.version(CURRENT).address == PRIVATE
    assert not world.plan("present", **given).is_settled
    world.release()
    assert world.plan("present", **given).is_settled
    # Back, when Atlas no longer tells of the private endpoint: it is the same cluster, and no other MongoDB.
    assert world.plan("present").is_connected
    assert world.run("prepared")[-2:] == ["PutUser", "PutVersion"]


def test_another_cluster_gives_way_only_when_its_data_is_said_to_be_moved():
    """The user in force keeps its cluster, and the way back stays until the migration is over."""
    world = built()
    plan = world.plan("present", **OTHER)
    assert (plan.is_connected, plan.is_settled) == (False, False)
    assert "not the Atlas cluster other" in plan.notes[0]
    assert world.run(**OTHER) == ["PutUser", "PutVersion"]
    assert world.run(**OTHER) == []
    assert (world.login().user, world.state.users[A]) == (A, GRANTS)
    for goal in ("prepared", "current"):
        with pytest.raises(CalstackError, match="would leave the data behind"):
            world.run(goal, **OTHER)
    world.run(migration="under_way", **OTHER)
    world.run("current", is_moved=True, **OTHER)
    world.release()
    assert world.plan("present", **OTHER).is_connected
    assert world.run(**OTHER) == []
    assert set(world.state.users) == {A, B}
    world.run("source", migration="finished", **OTHER)
    assert (world.login().user, world.secret.component) == (A, ATLAS)
    world.release()
    assert world.run(**OTHER) == ["PutVersion"]
    world.run("current", is_moved=True, **OTHER)
    world.release()
    world.run(migration="finished", **OTHER)
    assert set(world.state.users) == {B}
    assert SOURCE not in world.secret.labelled


def test_a_cluster_in_another_project_is_another_one_though_users_and_cluster_are_called_the_same():
    world = built()
    world.state = replace(world.state, users={})
    plan = world.plan("present", address=f"{ADDRESS}.other", places=frozenset({"calstack-dev.ab1cd.mongodb.net.other"}))
    assert not plan.is_connected
    assert [step.name for step in plan.steps[:1]] == [B]
    assert plan.secret.version(CURRENT) == world.secret.version(CURRENT)


def test_the_role_keeps_the_cluster_that_its_tasks_use():
    world = World()
    world.run(by_role=True)
    world.release()
    world.run(by_role=True, **OTHER)
    assert world.state.users[ROLE].clusters == {"calstack-dev", "other"}
    assert not world.plan("present", by_role=True, **OTHER).is_connected
    world.run("current", by_role=True, is_moved=True, **OTHER)
    world.run(by_role=True, **OTHER)
    assert world.state.users[ROLE].clusters == {"calstack-dev", "other"}
    world.release()
    world.run(by_role=True, **OTHER)
    assert world.state.users[ROLE].clusters == {"other"}


def test_a_role_that_is_taken_over_to_another_cluster_is_settled_in_one_run():
    world = World()
    world.run(by_role=True)
    world.run(by_role=True, take_over=True, **OTHER)
    assert world.run(by_role=True, take_over=True, **OTHER) == []
    assert world.state.users[ROLE].clusters == {"other"}


def test_what_waits_for_another_cluster_is_not_made_current():
    world = built()
    world.run(**OTHER)
    with pytest.raises(CalstackError, match=r"AWSPENDING version .* does not lead to the Atlas cluster calstack-dev"):
        world.run("current")


MIGRATES = {"migration": "under_way", "grants": Grants(frozenset({"readWriteAnyDatabase@admin"}), GRANTS.clusters)}


@pytest.mark.parametrize("is_brought", [True, False])
def test_a_migration_keeps_its_roles_until_it_is_finished(is_brought):
    world = World()
    if is_brought:
        world.bring()
    world.run()
    world.run(**MIGRATES)
    roles = {"readWrite@calstack", "readWriteAnyDatabase@admin"}
    for asked in ({}, MIGRATES):
        assert world.run(**asked) == []
        assert world.state.users[A].roles == roles
    world.run(migration="finished")
    assert world.state.users[A] == GRANTS
    assert world.run() == []


def test_no_other_password_is_made_during_a_migration():
    world = built()
    world.run(**MIGRATES)
    with pytest.raises(CalstackError, match=r"a migration .* is under way.*migrate_goal=finished"):
        world.run("prepared")
    plan = world.plan("present", by_role=True)
    assert plan.steps == []
    assert "a migration" in plan.notes[0]


def test_what_another_migration_was_from_is_not_the_source_of_the_next():
    world = World()
    world.bring()
    world.run(take_over=True)
    assert SOURCE in world.secret.labelled
    world.run(**MIGRATES)
    assert SOURCE not in world.secret.labelled


def test_what_the_data_is_moved_to_is_not_undone():
    world = World()
    world.bring()
    world.run()
    assert world.run("undone") == []
    assert "that could be undone" in world.plan("undone").notes[0]


def test_a_rotation_can_bring_the_role():
    world = built()
    world.run("prepared", by_role=True)
    assert world.login(PENDING).is_role
    world.run("current", by_role=True)
    assert world.login().is_role


@pytest.mark.parametrize("goal", ["prepared", "current", "undone", "source"])
def test_without_a_secret_there_is_nothing_to_rotate(goal):
    with pytest.raises(CalstackError, match=r"no secret calstack/dev/database yet: run site\.yml"):
        World().run(goal)


def test_a_switch_needs_something_to_switch_to():
    world = World()
    world.bring()
    with pytest.raises(CalstackError, match=r"holds no AWSPENDING version .* run site\.yml"):
        world.run("current")
    with pytest.raises(CalstackError, match=r"no version .* calstack-migration-source"):
        world.run("source")


def test_what_somebody_else_has_made_pending_is_not_made_current():
    world = built()
    labelled = {**world.secret.labelled, PENDING: Version("x", world.now, {KEY: "mongodb://who:x@h/"})}
    world.state = replace(world.state, secret=replace(world.secret, labelled=labelled))
    with pytest.raises(CalstackError, match="somebody else has written it"):
        world.run("current")


def test_a_secret_without_a_current_version_is_not_guessed_at():
    world = built()
    labelled = {PREVIOUS: world.secret.version(CURRENT)}
    world.state = replace(world.state, secret=replace(world.secret, labelled=labelled))
    with pytest.raises(CalstackError, match=r"no version of the secret .* is current: move the label"):
        world.run()


def test_a_secret_that_never_had_a_version_is_filled():
    world = World()
    world.bring()
    world.state = replace(world.state, secret=replace(world.secret, labelled={}))
    assert world.run() == ["PutUser", "Tag", "PutVersion"]
    assert world.run() == []


def test_a_deleted_secret_is_restored_and_looked_at_again():
    world = built()
    world.state = replace(world.state, secret=replace(world.secret, deleted="2026-02-01"))
    plan = world.plan("present")
    assert [type(step).__name__ for step in plan.steps] == ["Restore"]
    assert "it is back" in plan.notes[0]


def test_absent_takes_users_and_secret_and_only_the_label_from_anothers_secret():
    world = built()
    assert world.run("absent") == ["DeleteUser", "DeleteSecret"]
    assert world.run("absent") == []
    world = World()
    world.bring()
    world.run()
    assert world.run("absent") == ["DeleteUser", "MoveLabel"]
    assert world.run("absent") == []
    assert labels(world) == {CURRENT: "brought"}


def test_while_the_address_is_not_known_another_one_is_planned():
    world = built()
    plan = world.plan("present", address="", options={})
    assert [type(step).__name__ for step in plan.steps] == ["PutUser", "PutVersion"]
    assert plan.steps[1].label == PENDING
    planned = World().plan("present", address="", options={})
    assert [type(step).__name__ for step in planned.steps] == ["PutUser", "CreateSecret"]


def test_no_step_shows_a_password():
    world = built()
    for goal in ("prepared", "current"):
        plan = world.plan(goal)
        assert "password" not in repr(plan.steps).replace("exists", "")
        world.run(goal)
    assert "password1" not in repr(world.secret)


GOAL = st.sampled_from(sorted(GOALS))
DEATH = st.none() | st.integers(0, 5)
CLUSTER = st.sampled_from([{"address": ADDRESS}, {"address": f"{ADDRESS}:1"}, OTHER])
ASKED = st.fixed_dictionaries(
    {
        "by_role": st.booleans(),
        "take_over": st.booleans(),
        "is_moved": st.booleans(),
        "migration": st.sampled_from(["as_it_is", "under_way", "finished"]),
    }
)
GIVEN = st.builds(lambda cluster, asked: {**cluster, **asked}, CLUSTER, ASKED)
ACTION = st.one_of(
    st.tuples(st.just("run"), GOAL, DEATH, GIVEN),
    st.tuples(st.sampled_from(["release", "half_release", "restart", "roll_back"])),
)


def play(world, actions):
    for name, *rest in actions:
        if name == "run":
            goal, dies_after, asked = rest
            try:
                world.run(goal, dies_after=dies_after, **asked)
            except CalstackError:
                continue
        elif world.secret and world.secret.version(CURRENT):
            getattr(world, name)()
        world.check()


@settings(max_examples=400)
@given(st.booleans(), st.lists(ACTION, max_size=14))
def test_whatever_happens_nobody_loses_the_way_in_and_site_runs_rotations_and_releases_end_it(is_brought, actions):
    world = World()
    if is_brought:
        world.bring()
    play(world, actions)
    for _ in range(4):
        world.run(take_over=True, migration="finished")
        world.check()
        world.release()
        for goal in ("prepared", "current"):
            world.run(goal)
            world.check()
        world.release()
    world.run(take_over=True)
    assert world.run(take_over=True) == []
    assert set(world.state.users) == {world.login().user}
    assert PENDING not in world.secret.labelled
    assert world.plan("present").is_connected


@settings(max_examples=300)
@given(st.booleans(), st.lists(ACTION, max_size=8), GOAL, GIVEN)
def test_a_goal_that_was_reached_is_reached(is_brought, actions, goal, asked):
    world = World()
    if is_brought:
        world.bring()
    play(world, actions)
    try:
        world.run(goal, **asked)
    except CalstackError:
        return
    assert world.run(goal, **asked) == []


@given(st.lists(st.integers(0, 3), max_size=4))
def test_a_rotation_whose_every_run_dies_comes_to_its_end(deaths):
    world = built()
    for dies_after in deaths:
        world.run("prepared", dies_after=dies_after)
    world.run("prepared")
    for dies_after in deaths:
        world.run("current", dies_after=dies_after)
    world.run("current")
    world.release()
    for dies_after in deaths:
        world.run("retired", dies_after=dies_after)
    world.run("retired")
    assert set(world.state.users) == {B}
    assert world.login().user == B
