"""The module as Ansible calls it; what it does with the list is shown with its kind."""

import pytest
import yaml
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import KNOWN_AFTER_APPLY
from ansible_collections.calstack.aws.plugins.modules import atlas_access_list
from atlas_fake import fake_atlas
from atlas_modules import call, documented, taken
from module_answer import ANSIBLES_OWN

ENTRIES = ["192.0.2.1", "198.51.100.0/24"]


@pytest.fixture
def fake():
    with fake_atlas() as made:
        made.pending = 0
        yield made


@pytest.fixture
def access(fake, capsys):
    return lambda **given: call(atlas_access_list, fake, capsys, **{"comment": "calstack-dev NAT", **given})


def test_what_is_documented_is_what_is_taken():
    assert documented(atlas_access_list) == taken(atlas_access_list.OPTIONS)


def test_every_key_it_returns_is_documented(access):
    answer = access(entries=ENTRIES)
    assert answer["changed"]
    assert answer.keys() - ANSIBLES_OWN == yaml.safe_load(atlas_access_list.RETURN).keys()
    assert answer["entries"] == ["192.0.2.1/32", "198.51.100.0/24"]
    assert not access(entries=ENTRIES[::-1])["changed"]


def test_addresses_that_are_not_known_yet(access, fake):
    answer = access(entries=[KNOWN_AFTER_APPLY], check=True)
    assert answer["changed"]
    assert answer["entries"] == [KNOWN_AFTER_APPLY]
    assert fake.writes == []


def test_what_somebody_else_has_added_is_said(access, fake):
    fake.access["192.0.2.1/32"] = {"cidrBlock": "192.0.2.1/32", "comment": "by hand"}
    answer = access(entries=ENTRIES)
    assert "192.0.2.1/32 is on the access list already" in str(answer["warnings"])


def test_absent_takes_ours_away_and_nothing_else(access, fake):
    fake.access["203.0.113.0/24"] = {"cidrBlock": "203.0.113.0/24", "comment": "by hand"}
    access(entries=ENTRIES)
    assert access(state="absent")["changed"]
    assert not access(state="absent")["changed"]
    assert list(fake.access) == ["203.0.113.0/24"]


def test_everywhere_is_refused(access, fake):
    assert "allow_everywhere" in access(entries=["0.0.0.0/0"])["msg"]
    assert fake.writes == []
