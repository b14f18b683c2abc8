"""Records and their registry, for all zones there can be."""

import re

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._dns.records import (
    Key,
    alias,
    answers,
    by_key,
    changes,
    in_the_way,
    quoted,
    read_registry,
    registry_key,
    strangers,
    to_sets,
    values,
)
from hypothesis import given
from hypothesis import strategies as st

ZONE, STACK = "example.com", "calstack-dev"
HOSTS = st.sampled_from(["example.com", "a.example.com", "b.example.com", "*.example.com", "_x.a.example.com"])
KEYS = st.builds(Key, HOSTS, st.sampled_from(["A", "AAAA", "TXT", "MX"]))
ANSWERS = st.one_of(
    st.builds(
        lambda ttl, text: (values("TXT", ttl, text),), st.integers(0, 9), st.sets(st.text("ab", min_size=1), min_size=1)
    ),
    st.sampled_from([(alias("d1.cloudfront.net", "Z2"),), (alias("d2.cloudfront.net", "Z2", True),)]),
    st.just(
        (
            {**alias("d1.cloudfront.net", "Z2"), "failover": "PRIMARY", "health_check": "h"},
            {**alias("d2.cloudfront.net", "Z2"), "failover": "SECONDARY"},
        )
    ),
)
WANTED = st.dictionaries(KEYS, ANSWERS, max_size=5)


def carry_out(records, batch):
    """What Route 53 does: all or nothing, and no plain record beside one with a SetIdentifier."""
    left = [dict(item) for item in records]
    for step in batch:
        record = step["ResourceRecordSet"]
        same = [item for item in left if identity(item) == identity(record)]
        if step["Action"] == "DELETE":
            assert same == [record], "a deletion must say exactly what is there"
        left = [item for item in left if item not in same]
        if step["Action"] == "UPSERT":
            left.append(record)
    for items in by_key(left).values():
        assert len({"SetIdentifier" in item for item in items}) == 1, "plain and routed records of one name"
    return left


def identity(record):
    return record["Name"].rstrip("."), record["Type"], record.get("SetIdentifier")


def zone_with(wanted):
    return [record for key, said in wanted.items() for record in to_sets(key, said)]


def step(records, put, drop=()):
    there = by_key(records)
    return carry_out(records, changes(read_registry(STACK, ZONE, there), there, put, drop, "record"))


@given(WANTED, WANTED)
def test_what_is_put_is_there_and_ours_and_putting_it_again_changes_nothing(first, second):
    records = step(step([], first), second)
    there = by_key(records)
    for key, said in second.items():
        assert answers(there[key]) == said
    registry = read_registry(STACK, ZONE, there)
    assert {entry.key for entry in registry.entries} == first.keys() | second.keys()
    assert not changes(registry, there, second, (), "record")


@given(WANTED, WANTED)
def test_what_is_dropped_is_gone_and_nothing_of_others(ours, others):
    mine = {key: said for key, said in ours.items() if key not in others}
    before = zone_with(others)
    records = step(before, mine)
    assert step(records, {}, mine) == before
    assert set(strangers(ZONE, read_registry(STACK, ZONE, by_key(records)), by_key(records))) == set(others)


@given(WANTED)
def test_two_stacks_do_not_see_each_others_records(wanted):
    records = step([], wanted)
    other = read_registry("calstack-prod", ZONE, by_key(records))
    assert not other.entries
    if wanted:
        assert registry_key(STACK, ZONE) in strangers(ZONE, other, by_key(records))


@given(st.one_of(st.text(), st.text('a"\\\\', min_size=250, max_size=600)))
def test_a_text_is_quoted_in_strings_of_255_at_most_and_loses_nothing(text):
    pieces = re.findall(r'"((?:\\.|[^"\\])*)"', quoted(text), re.DOTALL)
    plain = [re.sub(r"\\(.)", r"\1", piece, flags=re.DOTALL) for piece in pieces]
    assert "".join(plain) == text
    assert all(len(piece) <= 255 for piece in plain)


def test_names_are_compared_as_dns_does():
    record = {
        "Name": "\\052.Example.com.",
        "Type": "CNAME",
        "TTL": 60,
        "ResourceRecords": [{"Value": "X.Example.net."}],
    }
    assert by_key([record]).keys() == {Key("*.example.com", "CNAME")}
    assert answers([record]) == (values("CNAME", 60, ["x.example.net"]),)


def test_an_alias_is_the_same_with_the_consoles_prefix():
    assert alias("dualstack.Balancer-1.eu-west-1.elb.amazonaws.com.", "Z1") == alias(
        "balancer-1.eu-west-1.elb.amazonaws.com", "Z1"
    )


def test_somebody_elses_routing_differs_from_a_plain_record():
    plain = {"Name": "a.", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
    assert answers([{**plain, "SetIdentifier": "x", "Weight": 1}]) != answers([plain])


@pytest.mark.parametrize(
    ("type_", "there", "found"),
    [
        ("A", "CNAME", True),
        ("CNAME", "TXT", True),
        ("A", "AAAA", False),
        ("A", "A", False),
    ],
)
def test_a_cname_has_its_name_for_itself(type_, there, found):
    assert bool(in_the_way(Key("a", type_), [Key("a", there), Key("b", "CNAME")])) is found


def test_what_the_registry_does_not_understand_is_left_out():
    text = {"Name": "_calstack-calstack-dev.example.com.", "Type": "TXT", "TTL": 300}
    record = text | {"ResourceRecords": [{"Value": '"by hand"'}, {"Value": '"record A a.example.com"'}]}
    assert {str(entry.key) for entry in read_registry(STACK, ZONE, by_key([record])).entries} == {"a.example.com A"}


def test_a_proof_that_is_asked_for_as_a_record_too_stands_in_the_registry_once():
    key = Key("_x.a.example.com", "CNAME")
    said = {key: (values("CNAME", 300, ["y.test"]),)}
    there = by_key([])
    records = carry_out([], changes(read_registry(STACK, ZONE, there), there, said, (), "validation"))
    records = step(records, said)
    entries = read_registry(STACK, ZONE, by_key(records)).entries
    assert [(entry.purpose, entry.key) for entry in entries] == [("record", key)]
