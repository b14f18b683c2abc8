"""What is asked for of a cluster, before anything is asked of Atlas."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._atlas.cluster_wanted import region, version, wanted
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from hypothesis import given
from hypothesis import strategies as st

BASE = {"name": "calstack-dev", "instance_size": "M10", "region": "eu-west-1"}


def properties(**given):
    return wanted(BASE | given).properties


def test_only_what_is_given_is_asked_for():
    assert properties() == {"instance_size": "M10", "region": "EU_WEST_1", "cluster_type": "REPLICASET"}
    assert properties(backup=None, tags=None, nodes=None) == properties()
    assert wanted(BASE).initial == {"nodes": 3}
    assert wanted(BASE | {"nodes": 5}).initial == {}


@pytest.mark.parametrize("text", ["eu-west-1", "EU_WEST_1", " eu_west_1 ", "Eu-West-1"])
def test_a_region_is_taken_in_either_form(text):
    assert region(text) == "EU_WEST_1"


def test_regions_of_governments_have_one_part_more():
    assert region("us-gov-west-1") == "US_GOV_WEST_1"


@given(st.from_regex(r"[a-z]{2}(-gov)?-[a-z]{4,9}-[1-9]", fullmatch=True))
def test_both_forms_of_a_region_are_the_same(text):
    assert region(text) == region(region(text))


@pytest.mark.parametrize("text", ["", "Ireland", "eu-west", "eu-west-1a", "EU WEST 1"])
def test_what_is_no_region_is_refused(text):
    with pytest.raises(InputError, match="atlas_region is"):
        region(text)


@pytest.mark.parametrize(("text", "major"), [("8.0", "8.0"), ("8", "8.0"), (" 7.0 ", "7.0")])
def test_a_version_is_a_major_one(text, major):
    assert version(text) == major


@pytest.mark.parametrize("text", ["8.0.12", "latest", "v8"])
def test_what_is_no_version_is_refused(text):
    with pytest.raises(InputError, match="atlas_mongodb_version is"):
        version(text)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"instance_size": None}, "atlas_instance_size is None"),
        ({"instance_size": "t3.micro"}, "atlas_instance_size is 't3.micro'"),
        ({"name": "calstack_dev"}, "atlas_cluster_name is 'calstack_dev'"),
        ({"name": "c" * 65}, "atlas_cluster_name is"),
        ({"name": "calstack-"}, "may be a hyphen"),
        ({"name": "c" * 30 + "-"}, "may be a hyphen"),
        ({"name": "c" * 22 + "-x"}, "may be a hyphen"),
        ({"tags": {"owner": "a/b"}}, "what Atlas does not take"),
        ({"tags": {"calstack.stack": "x"}}, "'calstack:stack'"),
        ({"instance_size": "M40_NVME", "disk_size_gb": 400}, "atlas_disk_size_gb cannot be chosen"),
        ({"instance_size": "M40_NVME", "disk_autoscaling": True}, "atlas_disk_autoscaling cannot be chosen"),
        ({"nodes": 4}, "atlas_nodes is 4"),
        ({"disk_size_gb": 5}, "atlas_disk_size_gb is 5"),
        ({"point_in_time": True}, "atlas_point_in_time needs atlas_backup"),
        ({"point_in_time": True, "backup": False}, "atlas_point_in_time needs atlas_backup"),
        ({"compute_autoscaling": {"enabled": True}}, "atlas_compute_autoscaling.max is None"),
        ({"compute_autoscaling": {"max": "M0"}}, "atlas_compute_autoscaling.max is 'M0'"),
        ({"compute_autoscaling": {"min": "tiny", "max": "M30"}}, "atlas_compute_autoscaling.min is 'tiny'"),
        ({"compute_autoscaling": {"min": "M20", "max": "M30"}}, "which is not between the M20 and M30"),
        ({"instance_size": "M40", "compute_autoscaling": {"max": "M30"}}, "which is not between the M40 and M30"),
    ],
)
def test_what_cannot_be_is_refused_by_the_name_of_the_variable(given, words):
    with pytest.raises(InputError) as refusal:
        wanted(BASE | given)
    assert words in str(refusal.value)


@pytest.mark.parametrize("size", ["M0", "FLEX"])
@pytest.mark.parametrize(
    "given",
    [
        {"mongodb_version": "8.0"},
        {"disk_size_gb": 20},
        {"disk_autoscaling": True},
        {"compute_autoscaling": {"max": "M30"}},
        {"point_in_time": True},
        {"nodes": 5},
    ],
)
def test_shared_sizes_leave_nothing_to_choose(size, given):
    with pytest.raises(InputError, match=f"atlas_{next(iter(given))} "):
        wanted(BASE | {"instance_size": size} | given)


def test_backups_are_what_a_shared_size_has():
    with pytest.raises(InputError, match="atlas_backup cannot be chosen"):
        wanted(BASE | {"instance_size": "M0", "backup": True})
    with pytest.raises(InputError, match="atlas_backup is off"):
        wanted(BASE | {"instance_size": "FLEX", "backup": False})


def test_what_is_off_may_be_said_of_a_shared_size():
    off = {
        "backup": False,
        "point_in_time": False,
        "disk_autoscaling": False,
        "compute_autoscaling": {"enabled": False},
    }
    asked = {"instance_size": "M0", "region": "EU_WEST_1", "cluster_type": "REPLICASET"}
    assert properties(instance_size="M0", nodes=3, **off) == asked


def test_values_of_tags_are_text():
    assert properties(tags={"cost-centre": 42})["tags"] == {"cost-centre": "42"}


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ({"max": "m30", "scale_down": True}, {"max": "M30", "scale_down": True, "min": "M10"}),
        ({"min": "M10", "max": "M30", "scale_down": False}, {"max": "M30", "scale_down": False}),
        ({"enabled": False, "max": "M30"}, {}),
    ],
)
def test_autoscaling_has_its_limits(given, asked):
    assert properties(compute_autoscaling=given)["compute_autoscaling"] == asked


def test_without_backups_there_is_no_point_in_time():
    assert properties(backup=False)["point_in_time"] is False
