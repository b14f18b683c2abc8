"""Records as plain data and back."""

import json
from dataclasses import fields, replace

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._release import document
from ansible_collections.calstack.aws.plugins.module_utils._release.model import (
    OneOff,
    Pace,
    Phase,
    Release,
    Request,
    Scaling,
    Step,
)
from ansible_collections.calstack.aws.plugins.module_utils._release.progress import Event
from hypothesis import given
from hypothesis import strategies as st
from release_store import a_release

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | NUMBERS | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def built(kind, **given):
    """With a value for every field, also for those that have a default."""
    return st.builds(kind, **{each.name: NUMBERS if each.type == "float" else ... for each in fields(kind)} | given)


RELEASES = built(
    Release,
    gates=st.dictionaries(st.text(), PLAIN, max_size=3),
    steps=st.lists(built(Step), max_size=4).map(tuple),
    pace=built(Pace),
    one_offs=st.lists(built(OneOff), max_size=2).map(tuple),
    scaling=st.dictionaries(st.sampled_from(["blue", "green"]), built(Scaling)),
)


@given(RELEASES)
def test_a_release_comes_back_as_it_was(release):
    assert document.to_release(json.loads(json.dumps(document.from_release(release)))) == release


@given(built(Event), built(Request))
def test_events_and_requests_come_back_as_they_were(event, request_made):
    assert document.to_event(json.loads(json.dumps(document.from_event(event)))) == event
    assert document.to_request(json.loads(json.dumps(document.from_request(request_made)))) == request_made


@given(RELEASES)
def test_nothing_but_plain_data_is_written(release):
    def walk(value):
        assert value is None or type(value) in (str, int, float, bool, list, dict)
        for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            walk(item)

    walk(document.from_release(release))


def test_what_only_a_later_version_knows_is_ignored():
    release = replace(a_release(), one_offs=(OneOff("migrate", ("flask", "db")),), scaling={"blue": Scaling(2)})
    data = document.from_release(release)
    for part in (data, data["pace"], data["steps"][0], data["one_offs"][0], data["scaling"]["blue"]):
        part["of a later version"] = {"a": 1}
    assert document.to_release(data) == release


def test_what_an_earlier_version_did_not_write_takes_its_default():
    data = document.from_release(a_release())
    needed = {field: data[field] for field in list(data)[: list(data).index("gates") + 1]}
    assert document.to_release(needed) == a_release()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"phase": "levitate"}, "levitate"),
        ({"steps": [{"bake": 3}]}, "lacks weight"),
        ({"steps": 7}, "cannot be read"),
        ({"pace": None}, "cannot be read"),
    ],
)
def test_a_record_that_cannot_be_read_is_named(change, words):
    with pytest.raises(CalstackError, match=words) as caught:
        document.to_release(document.from_release(a_release()) | change)
    assert "20261122-141838" in str(caught.value)


def test_a_record_without_what_it_needs_is_named():
    data = document.from_release(a_release())
    del data["stable"]
    with pytest.raises(CalstackError, match="20261122-141838 cannot be read: it lacks stable"):
        document.to_release(data)


def test_the_phase_is_written_in_words():
    assert type(document.from_release(a_release(phase=Phase.ROLL_BACK))["phase"]) is str


@given(st.lists(st.integers(0, 4_000_000_000), min_size=1, max_size=20))
def test_ids_sort_in_the_order_they_are_given_out_whatever_the_clocks_say(clocks):
    ids = [""]
    for now in clocks:
        ids.append(document.next_id(now, ids[-1]))
    assert ids == sorted(set(ids))


def test_an_id_says_when():
    assert document.next_id(1_795_357_118.9) == "20261122-141838"
    assert document.next_id(1_795_357_118.9, "named-by-hand") == "20261122-141838"
    assert document.next_id(1_795_357_118.9, "20261122-141838") == "20261122-141839"
