"""What a stopped task has left, in words."""

import json

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._connection_check.advice import CONNECTION, START, advice
from ansible_collections.calstack.aws.plugins.module_utils._connection_check.verdict import (
    LINE_LENGTH,
    Ended,
    masked,
    told,
    wrong,
)
from ansible_collections.calstack.aws.plugins.module_utils._secrets.mask import masks
from hypothesis import given
from hypothesis import strategies as st

PULL = "ResourceInitializationError: unable to pull secrets or registry auth: "


@pytest.mark.parametrize(
    ("said", "try_this"),
    [
        ("ServerSelectionTimeoutError: a.mongodb.net:27017: timed out, Timeout: 20.0s", "addresses of its access list"),
        ("ServerSelectionTimeoutError: x:27017: [Errno 111] Connection refused", "addresses of its access list"),
        ("ServerSelectionTimeoutError: x: [SSL: TLSV1_ALERT_INTERNAL_ERROR] tlsv1 alert", "addresses that it does not"),
        ("ServerSelectionTimeoutError: SSL handshake failed: x: The read operation timed out", "of its access list"),
        (
            "ServerSelectionTimeoutError: x: SSL handshake failed: certificate verify failed: self-signed",
            "no trusted TLS",
        ),
        (
            "ServerSelectionTimeoutError: x:27017: [Errno -2] Name or service not known, Timeout: 20.0s",
            "name is not found",
        ),
        ("ConfigurationError: The DNS query name does not exist: _mongodb._tcp.x.", "name is not found"),
        ("ConfigurationError: The resolution lifetime expired after 21.6 seconds", "name is not found"),
        ('ConfigurationError: The "dnspython" module must be installed to use mongodb+srv:// URIs.', r"pymongo[srv]"),
        ("ConfigurationError: MONGODB-AWS authentication requires pymongo-auth-aws", r"pymongo[aws]"),
        ("OperationFailure: Authentication failed. code 18", "does not let this user in"),
        ("OperationFailure: bad auth : authentication failed code 8000", "does not let this user in"),
        ("PermissionError: nobody is authenticated: the connection string names no user", "does not let this user in"),
        ("OperationFailure: not authorized on calstack to execute command code 13", "needs a role on"),
        ("ModuleNotFoundError: No module named 'pymongo'", "set atlas_check_command"),
        ("the command ended with 127; it said: sh: python: not found", "set atlas_check_command"),
        ("the command ended with 1; it said: python: No such file or directory", "set atlas_check_command"),
        ("the command ended with 137", "is app_memory enough"),
        ("InvalidURI: the driver cannot read it", "percent-encoded"),
        ("the command ended with 3", ""),
    ],
)
def test_every_kind_of_failure_has_its_advice(said, try_this):
    assert try_this in advice(said, CONNECTION)
    assert bool(try_this) == bool(advice(said, CONNECTION))


@pytest.mark.parametrize(
    ("reason", "try_this"),
    [
        (f"{PULL}context deadline exceeded", "need a NAT gateway or VPC endpoints"),
        (f"{PULL}AccessDeniedException: x is not authorized to perform: secretsmanager:GetSecretValue", "run site.yml"),
        (f"{PULL}retrieved secret from Secrets Manager did not contain json key URI", "Set atlas_check_key"),
        ("CannotPullContainerError: not found", "look at atlas_check_image"),
        ('CannotStartContainerError: exec: "python": executable file not found in $PATH', "set atlas_check_command"),
        ("OutOfMemoryError: container killed", "Its memory is app_memory"),
        ("InsufficientFreeAddressesInSubnet", ""),
    ],
)
def test_and_so_has_every_task_that_could_not_start(reason, try_this):
    words = wrong(Ended(None, reason), None)
    assert words.startswith(f"the task could not start: {reason}.")
    assert words.endswith(advice(reason, START))
    assert try_this in advice(reason, START)


def line(**facts):
    return json.dumps({"calstack_check": 1, **facts})


def test_the_scripts_line_is_found_among_others():
    said = line(ok=False, error="OperationFailure", words="no", code=18)
    assert told(["Starting", "{", "[1]", said, "Traceback"])["code"] == 18
    assert told(["Starting", "{}"]) is None
    words = wrong(Ended(1, "", ("hunter2", said)), hide=None)
    assert words.startswith("OperationFailure: no. The server is there")
    assert "hunter2" not in words


def test_other_lines_are_shown_masked_cut_and_only_the_last():
    lines = tuple(f"line {number}" for number in range(9))
    assert wrong(Ended(2, "", lines), str.upper) == (
        "the command ended with 2; it said: LINE 4 | LINE 5 | LINE 6 | LINE 7 | LINE 8."
    )
    assert "line" not in wrong(Ended(2, "", lines), None)
    assert len(wrong(Ended(2, "", ("x" * 5000,)), str)) < LINE_LENGTH + 100
    assert wrong(Ended(2, ""), None) == "the command ended with 2."


def test_connection_strings_go_even_when_nobody_knows_them():
    assert masked("to mongodb+srv://u:p@h/?x=1 and 'mongodb://v:q@h'", []) == "to mongodb://*** and 'mongodb://***'"


@given(st.text(min_size=8), st.text(), st.text())
def test_what_is_to_be_masked_is(password, before, after):
    pieces = masks([json.dumps({"MONGO_URI": password})], [])
    text = masked(f"{before}{password}{after}", pieces)
    assert not [piece for piece in pieces if piece in text and piece not in "***"]
