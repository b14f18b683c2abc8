"""The planner: for any wanted and any found, its changes lead from one to the other, and nothing else moves."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import AmbiguousError, FixedPropertyError
from ansible_collections.calstack.aws.plugins.module_utils._core.plan import Change, plan
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import (
    KNOWN_AFTER_APPLY,
    Found,
    Ref,
    Wanted,
    known,
    resolve,
)
from hypothesis import given
from hypothesis import strategies as st

NAMES = st.sampled_from(["a", "b", "c", "d"])
KINDS = st.sampled_from(["network", "subnet"])
PROPERTIES = st.dictionaries(st.sampled_from(["size", "zone", "policy"]), st.integers(0, 2), max_size=3)
KEYS = st.tuples(KINDS, NAMES)


@st.composite
def worlds(draw):
    wanted = draw(st.dictionaries(KEYS, PROPERTIES, max_size=6))
    found = draw(st.dictionaries(KEYS, PROPERTIES, max_size=6))
    return (
        [Wanted(kind, name, properties) for (kind, name), properties in wanted.items()],
        [Found(kind, name, f"{kind}-{name}", properties) for (kind, name), properties in found.items()],
    )


def apply(found: list[Found], changes: list[Change]) -> list[Found]:
    there = known(found)
    for change in changes:
        key = (change.kind, change.name)
        if change.action == "delete":
            del there[key]
        elif change.action == "create":
            there[key] = Found(*key, id="new", properties=change.after)
        else:
            there[key] = Found(*key, id="old", properties={**there[key].properties, **change.after})
    return list(there.values())


@given(worlds())
def test_after_the_changes_nothing_is_left_to_change(world):
    wanted, found = world
    after = apply(found, plan(wanted, found))
    assert plan(wanted, after) == []
    assert {(item.kind, item.name) for item in after} == {(item.kind, item.name) for item in wanted}


@given(worlds())
def test_what_is_as_wanted_is_not_touched(world):
    wanted, found = world
    there = known(found)
    touched = {(change.kind, change.name) for change in plan(wanted, found)}
    for item in wanted:
        old = there.get((item.kind, item.name))
        same = old is not None and all(old.properties.get(key) == value for key, value in item.properties.items())
        assert ((item.kind, item.name) in touched) != same


@given(worlds())
def test_deletions_come_last_and_backwards(world):
    wanted, found = world
    actions = [change.action for change in plan(wanted, found)]
    assert actions == sorted(actions, key=lambda action: action == "delete")
    deleted = [change.found for change in plan(wanted, found) if change.action == "delete"]
    assert deleted == [item for item in reversed(found) if item in deleted]


def test_initial_values_count_only_when_created():
    rule = Wanted("rule", "production", {"priority": 100}, initial={"weights": {"blue": 100, "green": 0}})
    (create,) = plan([rule], [])
    assert create.after == {"priority": 100, "weights": {"blue": 100, "green": 0}}
    shifted = Found("rule", "production", "r-1", {"priority": 100, "weights": {"blue": 90, "green": 10}})
    assert plan([rule], [shifted]) == []


def test_a_reference_to_what_is_not_there_is_known_after_apply():
    subnet = Wanted("subnet", "a", {"network": Ref("network", "main")})
    (create,) = plan([subnet], [])
    assert create.after == {"network": KNOWN_AFTER_APPLY}


def test_references_reach_into_nested_values():
    there = known([Found("role", "task", "AROA1", attributes={"arn": "arn:aws:iam::1:role/task"})])
    value = {"roles": (Ref("role", "task", "arn"), Ref("role", "task")), "n": 1}
    assert resolve(value, there) == {"roles": ("arn:aws:iam::1:role/task", "AROA1"), "n": 1}


def test_what_has_no_order_is_compared_without_one():
    routes = [Wanted("table", "main", {"subnets": frozenset({Ref("subnet", "a"), Ref("subnet", "b")})})]
    there = [Found("subnet", name, f"subnet-{name}") for name in "ab"]
    kept = [Wanted("subnet", "a"), Wanted("subnet", "b"), *routes]
    assert plan(kept, [*there, Found("table", "main", "t", {"subnets": frozenset({"subnet-b", "subnet-a"})})]) == []
    (change,) = plan(kept, [*there, Found("table", "main", "t", {"subnets": frozenset({"subnet-b"})})])
    assert change.after == {"subnets": frozenset({"subnet-a", "subnet-b"})}


def test_foreign_tags_are_left_alone_and_ours_are_put_back():
    wanted = [Wanted("vpc", "main", {"tags": {"Name": "main"}})]
    assert plan(wanted, [Found("vpc", "main", "v", {"tags": {"Name": "main", "owner": "finance"}})]) == []
    (change,) = plan(wanted, [Found("vpc", "main", "v", {"tags": {"owner": "finance"}})])
    assert (change.action, change.after) == ("update", {"tags": {"Name": "main"}})


def test_a_fixed_property_is_refused_with_both_values():
    wanted, found = (
        [Wanted("subnet", "a", {"cidr": "10.0.1.0/24"})],
        [Found("subnet", "a", "s", {"cidr": "10.0.0.0/24"})],
    )
    with pytest.raises(FixedPropertyError, match=r"subnet a: cidr is '10\.0\.0\.0/24' and '10\.0\.1\.0/24' is wanted"):
        plan(wanted, found, {"subnet": frozenset({"cidr"})})


def test_two_resources_of_one_name_are_refused_by_id():
    with pytest.raises(AmbiguousError, match="s-1 and s-2"):
        plan([], [Found("subnet", "a", "s-1"), Found("subnet", "a", "s-2")])
