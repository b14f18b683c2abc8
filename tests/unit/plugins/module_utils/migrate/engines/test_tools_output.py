"""What the database tools say, read."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._migrate.engines.tools_output import (
    Transfer,
    advice,
    after,
    at_fault,
    short,
    status,
)
from hypothesis import given
from hypothesis import strategies as st

STAMP = "2019-07-08T14:37:38.942-0400\t"


def read(*lines):
    transfer = Transfer()
    for line in lines:
        transfer = after(transfer, STAMP + line)
    return transfer


def test_a_whole_run_is_counted():
    transfer = read(
        "writing app.users to archive on stdout",
        "[############............]  app.users  123/456  (27.0%)",
        "preparing collections to restore from",
        "done dumping app.users (456 documents)",
        "done dumping app.one (1 document)",
        "finished restoring app.users (456 documents, 0 failures)",
        "finished restoring app.one (1 document, 0 failures)",
        "457 document(s) restored successfully. 0 document(s) failed to restore.",
    )
    assert (dict(transfer.running), dict(transfer.restored), transfer.documents) == (
        {},
        {"app.users": 456, "app.one": 1},
        457,
    )
    assert short(transfer) == 0


def test_the_status_has_what_is_running():
    transfer = read(
        "finished restoring app.a (1200 documents, 0 failures)",
        "[##..]  app.b  500/1000  (50.0%)",
        "[#]  app.c  0/0  (1",
    )
    assert status("app", transfer) == (
        "app: 1 collections restored, 1,200 documents · b 500 of 1,000 (50 %) · c 0 of 0"
    )


@pytest.mark.parametrize(
    ("lines", "missing"),
    [
        (["done dumping a.b (10 documents)"], 0),
        (
            [
                "done dumping a.b (10 documents)",
                "9 document(s) restored successfully. 0 document(s) failed to restore.",
            ],
            1,
        ),
        (["9 document(s) restored successfully. 2 document(s) failed to restore."], 2),
    ],
)
def test_what_is_missing_is_counted_once_both_have_said(lines, missing):
    assert short(read(*lines)) == missing


@given(st.text())
def test_no_line_breaks_it(line):
    assert short(after(Transfer(), line)) >= 0


@pytest.mark.parametrize(
    ("dump", "restore", "lines", "fault"),
    [
        (1, 1, [], "mongodump"),
        (1, None, [], "mongodump"),
        (1, 0, [], "mongodump"),
        (0, 1, [], "mongorestore"),
        (None, 1, [], "mongorestore"),
        (-13, 1, [], "mongorestore"),
        (1, 1, ["Failed: write /dev/stdout: broken pipe"], "mongorestore"),
        (-13, 0, [], "mongodump"),
        (-9, 1, [], "mongodump"),
    ],
)
def test_the_one_that_failed_first_is_named(dump, restore, lines, fault):
    assert at_fault(dump, restore, lines) == fault


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("Failed: can't create session: auth error: sasl conversation error: Authentication failed.", "password"),
        ("Failed: not authorized on app to execute command", "role"),
        ("Failed: x509: certificate signed by unknown authority", "tlsCAFile"),
        ("could not connect to server: server selection error: context deadline exceeded", "access list"),
        ("E11000 duplicate key error collection: app.users", "Something else writes"),
        ("you are over your space quota", "disk"),
        ("something new", ""),
    ],
)
def test_each_kind_of_failure_has_its_advice(line, words):
    assert (words in advice([line])) if words else advice([line]) == ""
