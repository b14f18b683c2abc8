"""One statement of a policy is ours; the others belong to others."""

import json

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._ecr.policy import CHANGED, pull_accounts, with_pull_accounts
from hypothesis import given
from hypothesis import strategies as st

ACCOUNTS = st.frozensets(st.from_regex(r"[0-9]{12}", fullmatch=True), max_size=5)
OTHER = {"Sid": "Lambda", "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "ecr:BatchGet"}


def policy(*statements):
    return json.dumps({"Version": "2008-10-17", "Statement": list(statements)})


@given(ACCOUNTS, ACCOUNTS, st.booleans())
def test_what_is_put_is_read_back_and_others_statements_stay(before, after, other):
    text = with_pull_accounts(policy(OTHER) if other else None, before, "aws")
    text = with_pull_accounts(text, after, "aws-cn")
    assert pull_accounts(text) == after
    assert bool(text) == bool(after or other)
    assert not other or OTHER in json.loads(text)["Statement"]


def test_iam_writes_a_list_of_one_as_the_one():
    statement = json.loads(with_pull_accounts(None, {"210987654321"}, "aws"))["Statement"][0]
    assert statement["Principal"] == {"AWS": ["arn:aws:iam::210987654321:root"]}
    statement["Principal"] = {"AWS": "arn:aws:iam::210987654321:root"}
    assert pull_accounts(json.dumps({"Statement": statement})) == {"210987654321"}


@pytest.mark.parametrize("change", [{"Effect": "Deny"}, {"Action": "ecr:*"}, {"Principal": "*"}])
def test_our_statement_changed_by_hand_is_never_what_is_wanted(change):
    statement = json.loads(with_pull_accounts(None, {"210987654321"}, "aws"))["Statement"][0]
    read = pull_accounts(policy({**statement, **change}))
    assert read == {CHANGED}
