"""Clusters against the lab's Atlas, which enriches and reorders what it answers."""

from dataclasses import replace
from functools import partial

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._atlas.cluster import converged
from ansible_collections.calstack.aws.plugins.module_utils._atlas.cluster_body import update
from ansible_collections.calstack.aws.plugins.module_utils._atlas.cluster_watch import Watch
from ansible_collections.calstack.aws.plugins.module_utils._atlas.errors import AtlasError
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import (
    CalstackError,
    ForeignError,
    InputError,
    NotReadyError,
)
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import KNOWN_AFTER_APPLY
from atlas_account import SECONDS, AtlasAccount, project_in

from lab.atlas.world import CREATING, DELETING, IDLE, UPDATING

OURS = {"calstack:environment": "dev", "calstack:component": "atlas", "calstack:stack": "calstack-dev"}
M10 = {
    "instance_size": "M10",
    "mongodb_version": "8.0",
    "disk_size_gb": 20,
    "disk_autoscaling": True,
    "compute_autoscaling": {"enabled": True, "min": "M10", "max": "M30", "scale_down": True},
    "backup": True,
    "point_in_time": True,
    "termination_protection": True,
    "tags": OURS,
}
M0 = {"instance_size": "M0", "tags": OURS}
FLEX = {"instance_size": "flex", "tags": OURS, "backup": True, "termination_protection": True}


class Told:
    """In place of a Teller."""

    def __init__(self):
        self.lines, self.states = [], []

    def line(self, text, tone="plain"):
        self.lines.append(text)

    def status(self, text):
        self.states.append(text)


@pytest.fixture
def atlas():
    account = AtlasAccount()
    project_in(account)
    return account


def site(atlas, *, check=False, told=None, timeout=3600, **given):
    """Converge the cluster calstack-dev."""
    params = {
        "name": "calstack-dev",
        "state": "present",
        "region": "eu-west-1",
        "wait": True,
        "project_id": f"{1:024x}",
        "project_name": "calstack-dev",
        **given,
    }
    watch = partial(
        Watch,
        atlas.api,
        name=params["name"],
        teller=told or Told(),
        seconds=timeout,
        clock=atlas.clock,
        sleep=atlas.sleep,
    )
    return converged(atlas.api, params, watch, check=check)


def steps(done):
    return [(change.action, dict(change.after)) for change in done.result.changes]


@pytest.mark.parametrize("asked", [M0, FLEX, M10], ids=["M0", "FLEX", "M10"])
def test_it_is_created_waited_for_and_not_changed_again(atlas, asked):
    done = site(atlas, **asked)
    assert [action for action, _ in steps(done)] == ["create"]
    assert (done.cluster.state, atlas.cluster().state) == ("IDLE", IDLE)
    assert atlas.writes() == ["createFlexCluster" if asked is FLEX else "createCluster"]
    assert steps(site(atlas, **asked)) == []
    assert len(atlas.writes()) == 1


def test_a_dedicated_cluster_is_what_was_asked_for(atlas):
    body = site(atlas, **M10).cluster.answer
    region = body["replicationSpecs"][0]["regionConfigs"][0]
    assert (region["providerName"], region["regionName"]) == ("AWS", "EU_WEST_1")
    assert (
        region["electableSpecs"] | {"instanceSize": "M10", "nodeCount": 3, "diskSizeGB": 20} == region["electableSpecs"]
    )
    assert region["autoScaling"] == {
        "compute": {"enabled": True, "scaleDownEnabled": True, "minInstanceSize": "M10", "maxInstanceSize": "M30"},
        "diskGB": {"enabled": True},
    }
    assert [body[name] for name in ("backupEnabled", "pitEnabled", "terminationProtectionEnabled")] == [True] * 3
    assert body["mongoDBMajorVersion"] == "8.0"


def test_a_dry_run_asks_for_nothing_and_waits_for_nothing(atlas):
    began = atlas.now
    assert [action for action, _ in steps(site(atlas, check=True, **M10))] == ["create"]
    assert (atlas.writes(), atlas.now) == ([], began)
    site(atlas, wait=False, **M10)
    assert site(atlas, check=True, **M10).cluster.state == "CREATING"
    assert atlas.now == began


def test_in_a_project_that_is_only_planned_everything_is_to_be_created(atlas):
    done = site(atlas, check=True, project_id=KNOWN_AFTER_APPLY, **M10)
    assert [action for action, _ in steps(done)] == ["create"]
    assert (done.cluster, atlas.calls) == (None, [])


def test_it_can_be_asked_for_early_and_waited_for_late(atlas):
    began = atlas.now
    assert site(atlas, wait=False, **M10).cluster.state == "CREATING"
    assert atlas.now == began
    done = site(atlas, **M10)
    assert (steps(done), done.cluster.state) == ([], "IDLE")
    assert SECONDS <= atlas.now - began < SECONDS + 20


def test_the_connection_string_is_not_what_is_waited_for(atlas):
    assert site(atlas, wait=False, **M0).cluster.answer["connectionStrings"]["standard"]
    site(atlas, **M0)
    assert atlas.cluster().state == IDLE


@pytest.mark.parametrize("state", [UPDATING, "REPAIRING"])
def test_an_unchanged_cluster_is_waited_for_while_it_is_busy(atlas, state):
    site(atlas, **M10)
    cluster = atlas.cluster()
    # A state that the lab does not leave by itself: there is no end to the wait, so it must be the time-out.
    cluster.state, cluster.due = state, atlas.now + 50
    if state == UPDATING:
        assert site(atlas, **M10).cluster.state == "IDLE"
    else:
        with pytest.raises(NotReadyError, match="last seen: REPAIRING"):
            site(atlas, timeout=60, **M10)


def test_the_time_is_limited_and_the_next_run_goes_on(atlas):
    with pytest.raises(NotReadyError, match="cluster calstack-dev was not ready after 60 s; last seen: CREATING"):
        site(atlas, timeout=60, **M10)
    assert site(atlas, **M10).cluster.state == "IDLE"
    assert atlas.writes() == ["createCluster"]


def test_who_watches_is_told_how_far_it_is(atlas):
    told = Told()
    site(atlas, told=told, **M10)
    assert "cluster calstack-dev is CREATING, 3 min" in "\n".join(told.states)
    assert told.states[-1].endswith("so far; M10 takes 12 to 29 min")
    assert told.lines[0].startswith("cluster calstack-dev is IDLE after 16 min")


@pytest.mark.parametrize(
    ("changed", "after"),
    [
        ({"disk_size_gb": 40}, {"disk_size_gb": 40}),
        ({"nodes": 5}, {"nodes": 5}),
        ({"disk_autoscaling": False}, {"disk_autoscaling": False}),
        ({"compute_autoscaling": {"enabled": False}}, {"compute_autoscaling": {}}),
        (
            {"compute_autoscaling": {"enabled": True, "min": None, "max": "M40", "scale_down": False}},
            {"compute_autoscaling": {"max": "M40", "scale_down": False}},
        ),
        ({"point_in_time": False}, {"point_in_time": False}),
        ({"backup": False, "point_in_time": None}, {"backup": False, "point_in_time": False}),
        ({"termination_protection": False}, {"termination_protection": False}),
        ({"tags": OURS | {"owner": "me"}}, {"tags": OURS | {"owner": "me"}}),
    ],
)
def test_a_change_is_one_request_and_then_nothing_is_left(atlas, changed, after):
    site(atlas, **M10)
    done = site(atlas, **M10 | changed)
    assert steps(done) == [("update", after)]
    assert done.cluster.state == "IDLE"
    assert steps(site(atlas, **M10 | changed)) == []
    assert atlas.writes() == ["createCluster", "updateCluster"]


def test_a_change_of_one_thing_leaves_the_rest(atlas):
    site(atlas, **M10)
    region = atlas.cluster().body["replicationSpecs"][0]["regionConfigs"][0]
    region["analyticsSpecs"] |= {"nodeCount": 1, "instanceSize": "M20"}
    atlas.cluster().body["tags"].append({"key": "theirs", "value": "x"})
    before = atlas.cluster().body["replicationSpecs"][0]["id"]
    # The lab keeps the id whatever is sent; Atlas would replace the whole spec.
    assert update(site(atlas, **M10).cluster, {"nodes": 5}, M10)["replicationSpecs"][0]["id"] == before
    site(atlas, **M10 | {"disk_size_gb": 40, "tags": OURS | {"ours": "y"}})
    spec = atlas.cluster().body["replicationSpecs"][0]
    assert spec["id"] == before
    assert spec["regionConfigs"][0]["analyticsSpecs"]["nodeCount"] == 1
    assert spec["regionConfigs"][0]["electableSpecs"]["diskSizeGB"] == 40
    assert {tag["key"] for tag in atlas.cluster().body["tags"]} == {
        "calstack.environment",
        "calstack.component",
        "calstack.stack",
        "theirs",
        "ours",
    }


def test_a_volume_that_somebody_has_chosen_stays(atlas):
    site(atlas, **M10)
    volume = {"ebsVolumeType": "PROVISIONED", "diskIOPS": 4000}
    region = atlas.cluster().body["replicationSpecs"][0]["regionConfigs"][0]
    region["electableSpecs"] |= volume
    site(atlas, **M10 | {"disk_size_gb": 40})
    electable = atlas.cluster().body["replicationSpecs"][0]["regionConfigs"][0]["electableSpecs"]
    assert electable == electable | volume | {"diskSizeGB": 40}


def test_the_speed_of_a_standard_volume_follows_from_its_size(atlas):
    site(atlas, **M10)
    (spec,) = update(site(atlas, **M10).cluster, {"disk_size_gb": 40}, M10)["replicationSpecs"]
    assert spec["regionConfigs"][0]["electableSpecs"] == {
        "instanceSize": "M10",
        "nodeCount": 3,
        "diskSizeGB": 40,
        "ebsVolumeType": "STANDARD",
    }


def test_a_local_disk_is_neither_sized_nor_kept(atlas):
    nvme = {"instance_size": "M40_NVME", "tags": OURS}
    site(atlas, **nvme | {"instance_size": "M40", "disk_size_gb": 100, "disk_autoscaling": True})
    assert steps(site(atlas, **nvme)) == [("update", {"instance_size": "M40_NVME"})]
    assert steps(site(atlas, **nvme)) == []
    (spec,) = update(site(atlas, **nvme).cluster, {"nodes": 5}, nvme)["replicationSpecs"]
    region = spec["regionConfigs"][0]
    assert region["electableSpecs"] == {"instanceSize": "M40_NVME", "nodeCount": 5}
    assert "diskGB" not in region["autoScaling"]


@pytest.mark.parametrize("wait", [True, False])
def test_a_change_that_atlas_begins_late_is_waited_for(atlas, wait):
    site(atlas, **M10)
    atlas.world.settings = replace(atlas.world.settings, atlas_seconds=60.0)
    atlas.faults["updateCluster"] = ["late"]
    site(atlas, wait=wait, **M10 | {"disk_size_gb": 40})
    assert atlas.cluster().begins is None
    assert (atlas.cluster().state == IDLE) is wait


def test_a_change_without_any_work_is_waited_for_half_a_minute(atlas):
    site(atlas, **M10)
    atlas.faults["updateCluster"] = ["late"]
    began = atlas.now
    assert site(atlas, **M10 | {"disk_size_gb": 40}).cluster.state == "IDLE"
    assert 30 <= atlas.now - began <= 35


def test_a_change_that_is_seen_at_once_costs_no_wait(atlas):
    site(atlas, **M10)
    began = atlas.now
    site(atlas, wait=False, **M10 | {"disk_size_gb": 40})
    assert atlas.now == began


def test_a_name_that_begins_like_anothers_is_refused(atlas):
    long = "calstack-production-for-the-shop"
    site(atlas, name=long, **M0)
    for check in (True, False):
        with pytest.raises(InputError, match="by the first 23 characters"):
            site(atlas, check=check, name=long + "-2", **FLEX)
    assert site(atlas, name=long[:18], **FLEX).cluster.state == "IDLE"
    assert steps(site(atlas, name=long, **M0)) == []


def test_what_is_not_asked_for_is_not_compared(atlas):
    site(atlas, **M10)
    assert steps(site(atlas, instance_size="M10", disk_size_gb=None, tags=None)) == []


@pytest.mark.parametrize("size", ["M10", "M20", "M30"])
def test_what_autoscaling_has_chosen_is_no_difference(atlas, size):
    site(atlas, **M10)
    electable = atlas.cluster().body["replicationSpecs"][0]["regionConfigs"][0]["electableSpecs"]
    electable |= {"instanceSize": size, "diskSizeGB": 80.0}
    assert steps(site(atlas, **M10)) == []
    done = site(atlas, **M10 | {"nodes": 5})
    assert steps(done) == [("update", {"nodes": 5})]
    assert done.cluster.size == size
    assert done.cluster.properties["disk_size_gb"] == 80


def test_without_autoscaling_size_and_disk_are_differences(atlas):
    plain = {"instance_size": "M10", "disk_size_gb": 20, "disk_autoscaling": False}
    site(atlas, **plain)
    larger = plain | {"instance_size": "M20", "disk_size_gb": 10}
    assert steps(site(atlas, **larger)) == [("update", {"instance_size": "M20", "disk_size_gb": 10})]


def test_limits_below_the_present_size_bring_it_back(atlas):
    site(atlas, **M10)
    electable = atlas.cluster().body["replicationSpecs"][0]["regionConfigs"][0]["electableSpecs"]
    electable["instanceSize"] = "M30"
    lower = M10 | {"compute_autoscaling": {"min": "M10", "max": "M20", "scale_down": True}}
    assert site(atlas, **lower).cluster.size == "M10"


def test_flex_takes_tags_and_protection_only(atlas):
    site(atlas, **FLEX)
    done = site(atlas, **FLEX | {"termination_protection": False, "tags": OURS | {"a": "b"}})
    assert [action for action, _ in steps(done)] == ["update"]
    assert atlas.writes() == ["createFlexCluster", "updateFlexCluster"]


@pytest.mark.parametrize(
    ("there", "wanted", "words"),
    [
        (M0, M10, "atlas clusters upgrade calstack-dev --tier M10"),
        (FLEX, M10, "atlas clusters upgrade calstack-dev --tier M10"),
        (M10, M0, "playbooks/migrate.yml"),
        (M10, FLEX, "playbooks/migrate.yml"),
        (M0, FLEX, "playbooks/migrate.yml"),
        (FLEX, M0, "playbooks/migrate.yml"),
        (M10, M10 | {"region": "us-east-1"}, "atlas_region is US_EAST_1"),
        (M10, M10 | {"mongodb_version": "7.0"}, "Atlas does not go back to an older version"),
    ],
)
def test_what_cannot_be_done_in_place_is_refused_with_a_way_out(atlas, there, wanted, words):
    site(atlas, **there)
    for check in (True, False):
        with pytest.raises(InputError, match=words) as refusal:
            site(atlas, check=check, **wanted)
        assert "cluster calstack-dev" in str(refusal.value)
    assert len(atlas.writes()) == 1


def test_a_newer_version_is_a_change(atlas):
    site(atlas, **M10 | {"mongodb_version": "7.0"})
    assert steps(site(atlas, **M10)) == [("update", {"mongodb_version": "8.0"})]


@pytest.mark.parametrize("key", ["clusterType", "region"])
def test_a_layout_that_this_module_does_not_make_is_not_touched(atlas, key, monkeypatch):
    site(atlas, **M10)
    regions = atlas.cluster().body["replicationSpecs"][0]["regionConfigs"]
    if key == "region":
        regions.append(regions[0] | {"regionName": "US_EAST_1", "priority": 6})
    else:
        atlas.cluster().body["clusterType"] = "SHARDED"
    with pytest.raises(InputError, match="This module does not move a cluster"):
        site(atlas, **M10 | {"disk_size_gb": 40})
    assert atlas.writes() == ["createCluster"]


def test_a_paused_cluster_is_an_error(atlas):
    site(atlas, **M10)
    atlas.cluster().body["paused"] = True
    with pytest.raises(InputError, match="cluster calstack-dev is paused"):
        site(atlas, **M10)


def test_a_cluster_that_is_going_is_waited_out_and_then_built(atlas):
    site(atlas, **M0)
    cluster = atlas.cluster()
    cluster.state, cluster.due = DELETING, atlas.now + 100
    assert [action for action, _ in steps(site(atlas, check=True, **M10))] == ["create"]
    done = site(atlas, **M10)
    assert (done.cluster.size, done.cluster.state) == ("M10", "IDLE")
    assert done.cluster.id != cluster.identity


def test_a_change_waits_until_the_cluster_has_been_made(atlas):
    site(atlas, wait=False, **M10)
    began = atlas.now
    site(atlas, wait=False, **M10 | {"disk_size_gb": 40})
    assert atlas.now - began >= SECONDS


@pytest.mark.parametrize("asked", [M0, FLEX, M10], ids=["M0", "FLEX", "M10"])
def test_it_is_deleted_and_waited_for_until_it_is_gone(atlas, asked):
    site(atlas, **asked | {"termination_protection": False})
    assert [action for action, _ in steps(site(atlas, check=True, state="absent", tags=OURS))] == ["delete"]
    assert [action for action, _ in steps(site(atlas, state="absent", tags=OURS))] == ["delete"]
    assert atlas.project().clusters == {}
    assert steps(site(atlas, state="absent", tags=OURS)) == []


def test_a_deletion_that_was_not_waited_for_is_waited_for_later(atlas):
    site(atlas, **M0)
    site(atlas, state="absent", wait=False)
    assert atlas.cluster().state == DELETING
    assert steps(site(atlas, state="absent")) == []
    assert atlas.project().clusters == {}


def test_a_protected_cluster_is_not_deleted(atlas):
    site(atlas, **M10)
    for check in (True, False):
        with pytest.raises(InputError, match="Set atlas_termination_protection: false"):
            site(atlas, check=check, state="absent", tags=OURS)
    assert atlas.writes() == ["createCluster"]


def test_somebody_elses_cluster_is_neither_taken_nor_deleted(atlas):
    site(atlas, **M0 | {"tags": OURS | {"calstack:environment": "prod"}})
    with pytest.raises(ForeignError):
        site(atlas, **M0)
    done = site(atlas, state="absent", tags=OURS)
    assert steps(done) == []
    assert "left alone" in done.warnings[0]
    assert atlas.cluster().state == IDLE


def test_a_cluster_without_an_owner_is_taken_over_only_when_it_is_said(atlas):
    site(atlas, instance_size="M0")
    assert site(atlas, state="absent", tags=OURS).warnings
    for check in (True, False):
        with pytest.raises(InputError, match="say atlas_adopt_cluster: true"):
            site(atlas, check=check, **M0)
    assert atlas.writes() == ["createCluster"]
    assert steps(site(atlas, adopt=True, **M0)) == [("update", {"tags": OURS})]
    assert steps(site(atlas, **M0)) == []
    assert [action for action, _ in steps(site(atlas, state="absent", tags=OURS))] == ["delete"]


def test_who_claims_no_ownership_is_not_asked_for_one(atlas):
    site(atlas, **M0)
    assert steps(site(atlas, instance_size="M0")) == []
    assert [action for action, _ in steps(site(atlas, state="absent"))] == ["delete"]


@pytest.mark.parametrize("mode", ["refuse", "gone", "error"])
@pytest.mark.parametrize("operation", ["getCluster", "getFlexCluster", "createCluster"])
def test_a_refusal_is_never_read_as_absent(atlas, mode, operation):
    atlas.faults[operation] = [mode] * 100
    with pytest.raises(AtlasError):
        site(atlas, **M0)
    assert atlas.project().clusters == {}


def test_a_wrong_secret_is_an_error(atlas):
    atlas.api = atlas.client("wrong-secret")
    with pytest.raises(AtlasError, match="MONGODB_ATLAS_CLIENT_ID"):
        site(atlas, **M0)


def test_a_cluster_that_vanishes_is_not_waited_for(atlas):
    site(atlas, wait=False, **M10)
    atlas.cluster().state = CREATING
    told = Told()
    told.status = lambda text: atlas.project().clusters.clear()
    with pytest.raises(CalstackError, match="cluster calstack-dev is gone"):
        site(atlas, told=told, **M10)
