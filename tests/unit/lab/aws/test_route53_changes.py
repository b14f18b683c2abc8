"""Batches of changes, as a whole."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.aws.route53.changes import Record, RefusedChangesError, change, key_of, name_of, order

NAMES = st.sampled_from(["t", "a.t", "b.t", "b.a.t", "*.t", "a.u"])
KINDS = st.sampled_from(["A", "TXT", "CNAME"])


@st.composite
def changes(draw: Any) -> dict[str, Any]:
    record: Record = {"Name": draw(NAMES), "Type": draw(KINDS), "TTL": 60}
    record["ResourceRecords"] = [{"Value": draw(st.sampled_from(["x", "y"]))}]
    return {"Action": draw(st.sampled_from(["CREATE", "UPSERT", "DELETE"])), "ResourceRecordSet": record}


def applied(batches: list[list[dict[str, Any]]]) -> list[Record]:
    records: list[Record] = []
    for batch in batches:
        try:
            records = change("t.", records, batch)
        except RefusedChangesError:
            continue
    return records


@given(st.lists(st.lists(changes(), max_size=3), max_size=8))
def test_a_zone_keeps_its_rules_whatever_is_asked(batches: list[list[dict[str, Any]]]) -> None:
    records = applied(batches)
    keys = [key_of(record) for record in records]
    assert len(set(keys)) == len(keys)
    assert all(name == "t." or name.endswith(".t.") for name, _, _ in keys)
    for name, kind, _ in keys:
        if kind == "CNAME":
            assert name != "t."
            assert [key for key in keys if key[0] == name] == [(name, kind, "")]


@given(st.lists(st.lists(changes(), max_size=3), max_size=5), changes())
def test_a_refused_batch_changes_nothing(batches: list[list[dict[str, Any]]], one: dict[str, Any]) -> None:
    records = applied(batches)
    before = [dict(record) for record in records]
    gone = {"Action": "DELETE", "ResourceRecordSet": {**one["ResourceRecordSet"], "Name": "never.t"}}
    with pytest.raises(RefusedChangesError, match="not found"):
        change("t.", records, [one, gone])
    assert records == before


def test_names_and_their_order() -> None:
    assert name_of("*.Example.com") == "\\052.example.com."
    assert name_of("\\052.example.com.") == "\\052.example.com."
    names = ["b.t.", "t.", "a.b.t.", "a.t."]
    assert sorted(({"Name": name, "Type": "A"} for name in names), key=order) == [
        {"Name": name, "Type": "A"} for name in ["t.", "a.t.", "b.t.", "a.b.t."]
    ]
