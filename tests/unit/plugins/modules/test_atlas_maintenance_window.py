"""The module as Ansible calls it."""

import pytest
import yaml
from ansible_collections.calstack.aws.plugins.modules import atlas_maintenance_window
from atlas_fake import fake_atlas
from atlas_modules import call, documented, taken
from module_answer import ANSIBLES_OWN


@pytest.fixture
def fake():
    with fake_atlas() as made:
        yield made


@pytest.fixture
def window(fake, capsys):
    return lambda **given: call(atlas_maintenance_window, fake, capsys, **given)


def test_what_is_documented_is_what_is_taken():
    assert documented(atlas_maintenance_window) == taken(atlas_maintenance_window.OPTIONS)


def test_every_key_it_returns_is_documented(window, fake):
    answer = window(day_of_week="sunday", hour_of_day=0)
    assert answer["changed"]
    assert answer.keys() - ANSIBLES_OWN == yaml.safe_load(atlas_maintenance_window.RETURN).keys()
    assert fake.window == {"dayOfWeek": 1, "hourOfDay": 0}
    assert not window(day_of_week="sunday", hour_of_day=0)["changed"]


def test_it_converges_on_day_and_hour(window, fake):
    fake.window = {"dayOfWeek": 1, "hourOfDay": 3, "autoDeferOnceEnabled": True}
    answer = window(day_of_week="saturday", hour_of_day=3)
    assert answer["diff"]["prepared"] == "~ maintenance window calstack-dev\n    day_of_week: sunday -> saturday\n"
    assert fake.window == {"dayOfWeek": 7, "hourOfDay": 3}


def test_check_mode_writes_nothing(window, fake):
    assert window(day_of_week="sunday", hour_of_day=3, check=True)["changed"]
    assert fake.writes == []


def test_absent_leaves_the_time_to_atlas(window, fake):
    assert not window(state="absent")["changed"]
    window(day_of_week="monday", hour_of_day=3)
    assert window(state="absent")["changed"]
    assert fake.window == {}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"day_of_week": "sunday", "hour_of_day": 24}, "from 0 to 23"),
        ({"day_of_week": "sunday"}, "hour_of_day"),
        ({"day_of_week": "someday", "hour_of_day": 1}, "day_of_week"),
    ],
)
def test_what_cannot_be_is_refused(window, asked, said):
    assert said in window(**asked)["msg"]
