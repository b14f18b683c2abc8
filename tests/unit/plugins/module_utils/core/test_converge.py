"""The converger against a small world in memory that can lag, fail and be killed."""

import contextlib

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.converge import converge
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError, ForeignError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Kind, Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Ref, Wanted
from hypothesis import given
from hypothesis import strategies as st

SCOPE = Scope("dev", "vpc", "calstack-dev")


class World:
    """What exists, what was called, and after how many writing calls the process dies."""

    def __init__(self, dies_after=None, lag=0):
        self.there, self.calls, self.dies_after, self.lag = {}, [], dies_after, lag

    def write(self, *call):
        if self.dies_after is not None and len(self.calls) >= self.dies_after:
            raise KeyboardInterrupt
        self.calls.append(call)


class Kinds(Kind):
    def __init__(self, world, kind, scope=SCOPE):
        super().__init__(None, scope)
        self.world, self.kind = world, kind

    def read(self, wanted):
        if self.world.lag:
            self.world.lag -= 1
            return []
        return [item for item in self.world.there.values() if item.kind == self.kind]

    def create(self, name, properties):
        self.world.write("create", self.kind, name)
        item = Found(self.kind, name, f"{self.kind}-{name}", dict(properties))
        self.world.there[self.kind, name] = item
        return item

    def update(self, found, changed, properties):
        self.world.write("update", self.kind, found.name)
        self.world.there[self.kind, found.name] = Found(
            found.kind, found.name, found.id, {**found.properties, **changed}
        )

    def delete(self, found):
        self.world.write("delete", self.kind, found.name)
        del self.world.there[self.kind, found.name]

    def settle(self, found):
        self.world.calls.append(("settle", found.kind, found.name))
        return found


def kinds(world):
    return [Kinds(world, "vpc"), Kinds(world, "subnet")]


WANTED = [
    Wanted("vpc", "main", {"cidr": "10.0.0.0/16"}),
    Wanted("subnet", "a", {"vpc": Ref("vpc", "main"), "zone": "a"}),
    Wanted("subnet", "b", {"vpc": Ref("vpc", "main"), "zone": "b"}),
]


def test_it_creates_in_order_and_waits_for_what_is_used():
    world = World()
    assert len(converge(kinds(world), WANTED).changes) == 3
    assert world.calls == [
        ("create", "vpc", "main"),
        ("settle", "vpc", "main"),
        ("create", "subnet", "a"),
        ("create", "subnet", "b"),
        ("settle", "subnet", "a"),
        ("settle", "subnet", "b"),
    ]
    assert world.there["subnet", "a"].properties["vpc"] == "vpc-main"


def test_what_takes_long_is_waited_for_where_it_is_used_and_before_deletions():
    world = World()
    world.there["subnet", "old"] = Found("subnet", "old", "subnet-old")
    slow, other = Wanted("vpc", "slow"), Wanted("vpc", "other")
    user = Wanted("subnet", "user", initial={"nested": {"routes": (Ref("vpc", "slow"),)}})
    converge(kinds(world), [slow, other, user])
    assert world.calls == [
        ("create", "vpc", "slow"),
        ("create", "vpc", "other"),
        ("settle", "vpc", "slow"),
        ("create", "subnet", "user"),
        ("settle", "vpc", "other"),
        ("settle", "subnet", "user"),
        ("delete", "subnet", "old"),
    ]


def test_a_second_run_changes_nothing():
    world = World()
    converge(kinds(world), WANTED)
    world.calls.clear()
    assert converge(kinds(world), WANTED).changes == ()
    assert world.calls == []


def test_nothing_wanted_takes_all_down_users_first():
    world = World()
    converge(kinds(world), WANTED)
    world.calls.clear()
    converge(kinds(world), [])
    assert [call[1:] for call in world.calls] == [("subnet", "b"), ("subnet", "a"), ("vpc", "main")]


@given(st.integers(0, 12))
def test_a_run_killed_anywhere_is_completed_by_the_next(deaths):
    world = World(dies_after=deaths)
    with contextlib.suppress(KeyboardInterrupt):
        converge(kinds(world), WANTED)
    world.dies_after = None
    result = converge(kinds(world), WANTED)
    assert {(item.kind, item.name) for item in result.found} == {(item.kind, item.name) for item in WANTED}


def test_check_mode_writes_nothing():
    world = World()
    result = converge(kinds(world), WANTED, check=True)
    assert len(result.changes) == 3
    assert world.calls == []


def test_a_lagging_description_is_waited_for():
    world = World(lag=6)  # both kinds: the first reading and two of the readings that verify
    sleeps = []
    result = converge(kinds(world), WANTED, sleep=sleeps.append)
    assert len(result.found) == 3
    assert len(sleeps) == 2


def test_what_aws_does_not_keep_is_said():
    world = World()

    class Forgetful(Kinds):
        def update(self, found, changed, properties):
            self.world.write("update", self.kind, found.name)

    world.there["vpc", "main"] = Found("vpc", "main", "vpc-main", {"cidr": "10.9.0.0/16"})
    ticks = iter(range(0, 1000, 10))
    with pytest.raises(CalstackError, match="update vpc main"):
        converge([Forgetful(world, "vpc")], WANTED[:1], clock=lambda: next(ticks), sleep=lambda _: None)


@pytest.mark.parametrize(
    "owner",
    [
        {"calstack:environment": "prod", "calstack:stack": "calstack-dev"},
        {"calstack:environment": "dev", "calstack:stack": "shop-dev"},
        {},
    ],
)
def test_another_owner_is_refused_before_anything_changes(owner):
    world = World()
    world.there["vpc", "main"] = Found("vpc", "main", "vpc-9", {"tags": owner})
    with pytest.raises(
        ForeignError, match=r"vpc main \(vpc-9\).*calstack:environment=dev, calstack:stack=calstack-dev"
    ):
        converge(kinds(world), WANTED)
    assert world.calls == []


def test_a_placeholder_is_never_sent_to_aws():
    world = World()
    with pytest.raises(CalstackError, match="refers to vpc other, which nobody makes"):
        converge(kinds(world), [Wanted("subnet", "a", {"vpc": Ref("vpc", "other")})])
    assert world.calls == []


def test_a_kind_that_nobody_converges_is_refused():
    world = World()
    with pytest.raises(CalstackError, match="nobody converges moon"):
        converge(kinds(world), [*WANTED, Wanted("moon", "full")])
    assert world.calls == []


@pytest.mark.parametrize("check", [True, False])
def test_a_guard_sees_the_plan_before_anything_is_changed(check):
    world, seen = World(), []

    def refuse(changes):
        seen.extend(change.action for change in changes)
        raise CalstackError("not now")

    with pytest.raises(CalstackError, match="not now"):
        converge(kinds(world), [Wanted("subnet", "a")], check=check, guard=refuse)
    assert seen == ["create"]
    assert world.calls == []
