"""The module as Ansible calls it."""

import pytest
import yaml
from ansible_collections.calstack.aws.plugins.modules import atlas_backup_schedule
from atlas_fake import fake_atlas, refused
from atlas_modules import call, documented, taken
from module_answer import ANSIBLES_OWN

POLICIES = [
    {"frequency_type": "daily", "retention_unit": "days", "retention_value": 14},
    {"frequency_type": "weekly", "frequency_interval": 7, "retention_unit": "weeks", "retention_value": 4},
]


@pytest.fixture
def fake():
    with fake_atlas() as made:
        yield made


@pytest.fixture
def backups(fake, capsys):
    return lambda **given: call(atlas_backup_schedule, fake, capsys, **{"cluster_name": "calstack-dev", **given})


def test_what_is_documented_is_what_is_taken():
    assert documented(atlas_backup_schedule) == taken(atlas_backup_schedule.OPTIONS)


def test_every_key_it_returns_is_documented(backups):
    answer = backups(policies=POLICIES, restore_window_days=2)
    assert answer["changed"]
    assert answer.keys() - ANSIBLES_OWN == yaml.safe_load(atlas_backup_schedule.RETURN).keys()
    assert answer["diff"]["prepared"] == (
        "~ backup schedule calstack-dev\n"
        "    policies.daily 1: 7 days -> 14 days\n"
        "    policies.weekly 7: (none) -> 4 weeks\n"
    )
    assert not backups(policies=POLICIES[::-1])["changed"]


def test_only_what_changed_is_sent(backups, fake):
    backups(reference_hour_of_day=3, restore_window_days=2)
    assert [body for _method, _path, body in fake.writes] == [{"referenceHourOfDay": 3}]


def test_check_mode_writes_nothing(backups, fake):
    assert backups(policies=POLICIES, check=True)["changed"]
    assert fake.writes == []


def test_a_cluster_that_is_only_planned(backups, fake):
    fake.schedules = {}
    assert backups(policies=POLICIES, check=True)["changes"][0]["action"] == "create"
    assert "there is no cluster calstack-dev in the project" in backups(policies=POLICIES)["msg"]


def test_a_size_without_backups_is_refused_in_atlas_words(backups, fake):
    fake.scripted = [("GET .*schedule", refused(400, "TENANT_CLUSTER_UNSUPPORTED", "not for M0"))]
    message = backups(policies=POLICIES)["msg"]
    assert "TENANT_CLUSTER_UNSUPPORTED: not for M0. Only clusters of M10 and more" in message


def test_nothing_asked_is_refused(backups):
    assert "nothing is asked" in backups()["msg"]
