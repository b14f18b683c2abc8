"""The backup schedule: only what is asked for is compared, and what is sent is what comes back."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._atlas import backup_model
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.plan import plan
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found
from atlas_fake import schedule
from hypothesis import given
from hypothesis import strategies as some

NOTHING = {
    "cluster_name": "calstack-dev",
    "policies": None,
    "restore_window_days": None,
    "reference_hour_of_day": None,
    "reference_minute_of_hour": None,
}
DAILY = {"frequency_type": "daily", "frequency_interval": 1, "retention_unit": "days", "retention_value": 7}
POLICY = some.sampled_from(sorted(backup_model.HIGHEST)).flatmap(
    lambda kind: some.fixed_dictionaries(
        {
            "frequency_type": some.just(kind),
            "frequency_interval": some.integers(1, backup_model.HIGHEST[kind]),
            "retention_unit": some.sampled_from(backup_model.UNITS),
            "retention_value": some.integers(1, 99),
        }
    )
)
POLICIES = some.lists(
    POLICY, min_size=1, max_size=5, unique_by=lambda item: (item["frequency_type"], item["frequency_interval"])
)


def changes(there, **asked):
    items = backup_model.wanted(NOTHING | asked)
    found = Found(backup_model.KIND, "calstack-dev", "", backup_model.properties_of(there))
    return plan(items, [found])


def test_what_is_left_out_is_not_compared():
    assert changes(schedule(), restore_window_days=2) == []
    assert changes(schedule(), policies=[DAILY]) == []
    (change,) = changes(schedule(), restore_window_days=3, reference_hour_of_day=2)
    assert change.after == {"restore_window_days": 3}
    assert backup_model.request(schedule(), change.after) == {"restoreWindowDays": 3}


@given(policies=POLICIES, random=some.randoms())
def test_what_is_sent_comes_back_as_wanted(policies, random):
    there = schedule()
    for change in changes(there, policies=policies):
        body = backup_model.request(there, change.after)
        assert body["policies"][0]["id"] == "policy-1"
        items = body["policies"][0]["policyItems"]
        kept = [item for item in items if (item["frequencyType"], item["frequencyInterval"]) == ("daily", 1)]
        assert all(item["id"] == "item-daily" for item in kept)
        assert all("id" not in item for item in items if item not in kept)
        there |= {"policies": [{"id": "policy-1", "policyItems": random.sample(items, len(items))}]}
    assert changes(there, policies=policies) == []


def test_a_schedule_without_any_policy_gets_its_first():
    assert "id" not in backup_model.request({"policies": []}, {"policies": {"daily 1": "7 days"}})["policies"][0]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "nothing is asked"),
        ({"policies": []}, "policies is empty"),
        ({"policies": [DAILY, DAILY | {"retention_value": 8}]}, "daily 1 twice"),
        ({"policies": [DAILY | {"frequency_interval": 2}]}, "daily policy is 2: it goes from 1 to 1"),
        ({"policies": [DAILY | {"retention_value": 0}]}, "at least 1"),
        ({"reference_hour_of_day": 24}, "from 0 to 23"),
        ({"reference_minute_of_hour": -1}, "from 0 to 59"),
        ({"restore_window_days": 0}, "from 1"),
    ],
)
def test_what_cannot_be_is_refused(asked, said):
    with pytest.raises(InputError, match=said):
        backup_model.wanted(NOTHING | asked)
