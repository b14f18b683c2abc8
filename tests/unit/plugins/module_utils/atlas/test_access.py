"""The access list: one spelling an entry, one request for all, and only what is ours is ever taken away."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._atlas import access_model
from ansible_collections.calstack.aws.plugins.module_utils._atlas.access import AccessList
from ansible_collections.calstack.aws.plugins.module_utils._atlas.errors import AtlasError
from ansible_collections.calstack.aws.plugins.module_utils._atlas.module import AtlasClients
from ansible_collections.calstack.aws.plugins.module_utils._atlas.options import api
from ansible_collections.calstack.aws.plugins.module_utils._core.converge import converge
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import (
    CalstackError,
    InputError,
    NotReadyError,
)
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import KNOWN_AFTER_APPLY
from atlas_fake import PROJECT, connection, enriched, fake_atlas, refused
from hypothesis import given
from hypothesis import strategies as some

OURS = "calstack-dev NAT"


@pytest.fixture
def fake():
    with fake_atlas() as made:
        yield made


class Time:
    def __init__(self):
        self.now = 0.0

    def sleep(self, seconds):
        self.now += seconds


def run(fake, *entries, check=False, comment=OURS, others=None):
    time = Time()
    kind = AccessList(
        AtlasClients(api(connection(fake))),
        Scope("", "atlas", "calstack-dev"),
        project=PROJECT,
        comment=comment,
        others=set() if others is None else others,
        clock=lambda: time.now,
        sleep=time.sleep,
    )
    params = {
        "comment": comment,
        "allow_everywhere": False,
        "entries": entries,
    }
    return converge([kind], access_model.wanted(params, check=check), check=check)


def posts(fake):
    return [body for method, _path, body in fake.writes if method == "POST"]


def test_all_new_entries_go_in_one_request_and_are_waited_for(fake):
    assert run(fake, "192.0.2.1", "192.0.2.2", "198.51.100.0/24").changes
    (body,) = posts(fake)
    assert {item["cidrBlock"] for item in body} == {"192.0.2.1/32", "192.0.2.2/32", "198.51.100.0/24"}
    assert {item["comment"] for item in body} == {OURS}
    assert all(times > fake.pending for times in fake.asked_status.values())
    assert not run(fake, "198.51.100.0/24", "192.0.2.2/32", "192.0.2.1").changes


def test_old_entries_of_ours_go_after_new_ones_have_come(fake):
    run(fake, "192.0.2.1", "192.0.2.2")
    run(fake, "192.0.2.2", "192.0.2.3")
    assert set(fake.access) == {"192.0.2.2/32", "192.0.2.3/32"}
    assert [method for method, _path, _body in fake.writes] == ["POST", "POST", "DELETE"]
    assert fake.pending_at_removal == set()


def test_what_somebody_else_has_added_stays_and_counts(fake):
    for entry, comment in (("192.0.2.1/32", "by hand"), ("203.0.113.0/24", ""), ("192.0.2.9/32", OURS + " old")):
        fake.access[entry] = {"cidrBlock": entry, "comment": comment}
    others: set[str] = set()
    run(fake, "192.0.2.1", "192.0.2.2", others=others)
    assert others == {"192.0.2.1/32"}
    assert [[item["cidrBlock"] for item in body] for body in posts(fake)] == [["192.0.2.2/32"]]
    assert not run(fake, "192.0.2.1", "192.0.2.2").changes
    run(fake)
    assert set(fake.access) == {"192.0.2.1/32", "203.0.113.0/24", "192.0.2.9/32"}
    assert fake.access["192.0.2.1/32"]["comment"] == "by hand"
    assert "192.0.2.1/32" in access_model.notes(others)[0]


def test_what_a_killed_run_has_left_pending_is_waited_for(fake):
    fake.access["192.0.2.1/32"] = {"cidrBlock": "192.0.2.1/32", "comment": OURS}
    fake.pending = 3
    assert run(fake, "192.0.2.1").changes
    assert posts(fake) == []
    assert not run(fake, "192.0.2.1").changes


def test_a_failed_entry_is_an_error(fake):
    fake.failing = {"192.0.2.1/32"}
    with pytest.raises(CalstackError, match=r"192.0.2.1/32 to the clusters: it is FAILED. Run the same"):
        run(fake, "192.0.2.1")
    assert run(fake, "192.0.2.1").changes  # it is made anew
    assert not run(fake, "192.0.2.1").changes


def test_an_entry_that_never_becomes_active_is_an_error(fake):
    fake.pending = 10**6
    with pytest.raises(NotReadyError, match="last seen: PENDING"):
        run(fake, "192.0.2.1")


@pytest.mark.parametrize(
    "busy", [refused(409, "AUTOMATION_CONFIG_CONCURRENT_MODIFICATION"), refused(500, "UNEXPECTED_ERROR")]
)
def test_another_change_of_the_list_is_waited_out(fake, busy):
    fake.scripted = [("POST .*accessList", busy)] * 3
    run(fake, "192.0.2.1")
    assert set(fake.access) == {"192.0.2.1/32"}


def test_a_list_that_stays_busy_is_an_error_with_what_was_last_seen(fake):
    fake.scripted = [("POST .*accessList", refused(409, "AUTOMATION_CONFIG_CONCURRENT_MODIFICATION"))] * 99
    with pytest.raises(NotReadyError, match=r"the access list was not ready.*AUTOMATION_CONFIG"):
        run(fake, "192.0.2.1")


def test_a_refused_entry_is_not_tried_again(fake):
    fake.scripted = [("POST .*accessList", refused(400, "INVALID_IP_ADDRESS_OR_CIDR_NOTATION"))] * 2
    with pytest.raises(AtlasError, match=r"creating access list entry 192.0.2.1/32"):
        run(fake, "192.0.2.1")
    assert len(fake.scripted) == 1


def test_check_mode_writes_nothing_and_takes_what_is_not_known_yet(fake):
    (change,) = run(fake, KNOWN_AFTER_APPLY, check=True).changes
    assert (change.action, change.after["entries"]) == ("create", {KNOWN_AFTER_APPLY})
    assert fake.writes == []
    with pytest.raises(InputError, match="not known yet"):
        run(fake, KNOWN_AFTER_APPLY)


NETWORKS = some.ip_addresses(v=4).map(str) | some.tuples(some.ip_addresses(v=4), some.integers(1, 32)).map(
    lambda pair: f"{pair[0]}/{pair[1]}"
)


@given(NETWORKS)
def test_an_entry_is_recognised_in_all_forms_that_atlas_gives(text):
    try:
        entry = access_model.entry(text, check=False)
    except InputError as error:
        meant = str(error).partition(": ")[2].split(" ")[0]
        entry = access_model.entry(meant, check=False)
    item = enriched(access_model.request([entry], "c")[0])
    assert access_model.found_entry(item) == entry
    if "ipAddress" in item:
        assert access_model.found_entry({"ipAddress": item["ipAddress"]}) == entry


def test_a_security_group():
    entry = access_model.entry("sg-1", check=False)
    assert access_model.request([entry], "c") == [{"awsSecurityGroup": "sg-1", "comment": "c"}]
    assert access_model.found_entry({"awsSecurityGroup": "sg-1", "cidrBlock": None}) == "sg-1"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"entries": ["0.0.0.0/0"]}, "allow_everywhere"),
        ({"entries": ["::/0"]}, "allow_everywhere"),
        ({"entries": ["10.0.0.5/8"]}, "10.0.0.0/8 is the network itself"),
        ({"entries": ["nat"]}, "no address, no CIDR block and no security group"),
        ({"comment": "x" * 81}, "81 characters"),
        ({"comment": "  "}, "0 characters"),
    ],
)
def test_what_cannot_be_is_refused(asked, said):
    params = {"comment": OURS, "allow_everywhere": False, "entries": []} | asked
    with pytest.raises(InputError, match=said):
        access_model.wanted(params, check=False)


def test_everywhere_can_be_had():
    params = {"comment": OURS, "allow_everywhere": True, "entries": ["0.0.0.0/0"]}
    assert access_model.wanted(params, check=False)[0].properties["entries"] == {"0.0.0.0/0"}
