"""Behind the edge: both rules ask for the secret header, and nobody is shown its value."""

import json

import pytest
from alb_account import ids, look, ready, site
from ansible_collections.calstack.aws.plugins.module_utils._alb.origin import Origin, split, to_condition
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import AwsError, InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import KNOWN_AFTER_APPLY
from ansible_collections.calstack.aws.plugins.module_utils._core.show import show
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

RULES = ("production", "test")
FIRST, SECOND, THIRD = ("first-of-the-values-48", "second-of-the-values-48", "third-of-the-values-48")


@pytest.fixture
def aws():
    with ready() as (made, given):
        made.given = given
        made.calls.clear()
        yield made


@pytest.fixture
def secret(aws):
    """The ARN of one that holds FIRST."""
    text = json.dumps({"ORIGIN_HEADER": FIRST})
    return aws("secretsmanager").create_secret(Name="calstack/dev/origin", SecretString=text)["ARN"]


def renew(aws, secret, value):
    aws("secretsmanager").put_secret_value(SecretId=secret, SecretString=json.dumps({"ORIGIN_HEADER": value}))


def rule(aws, purpose):
    arn = ids(aws)["rule", f"calstack-dev-{purpose}"]
    return aws("elbv2").describe_rules(RuleArns=[arn])["Rules"][0]


def asked_for(aws, purpose):
    """The fields of a rule's conditions, and the values of the secret header."""
    conditions = rule(aws, purpose)["Conditions"]
    headers = [item["HttpHeaderConfig"] for item in conditions if item["Field"] == "http-header"]
    values = [set(one["Values"]) for one in headers if one["HttpHeaderName"] == "X-Origin-Verify"]
    return sorted(item["Field"] for item in conditions), values


def otherwise(aws):
    arn = ids(aws)["listener", "calstack-dev-https"]
    (action,) = aws("elbv2").describe_listeners(ListenerArns=[arn])["Listeners"][0]["DefaultActions"]
    return action["FixedResponseConfig"]["StatusCode"]


def test_both_rules_ask_for_the_header_and_what_comes_without_is_forbidden(aws, secret):
    site(aws, aws.given | {"origin_secret_arn": secret})
    assert asked_for(aws, "production") == (["http-header", "path-pattern"], [{FIRST}])
    assert asked_for(aws, "test") == (["http-header", "http-header"], [{FIRST}])
    assert otherwise(aws) == "403"
    aws.calls.clear()
    assert not site(aws, aws.given | {"origin_secret_arn": secret}).changes
    assert not aws.writes


def test_a_renewed_value_is_taken_beside_the_one_before_and_weights_stay(aws, secret):
    given = aws.given | {"origin_secret_arn": secret}
    site(aws, given)
    before = [rule(aws, purpose)["Actions"] for purpose in RULES]
    for new, taken in ((SECOND, {FIRST, SECOND}), (THIRD, {SECOND, THIRD})):
        renew(aws, secret, new)
        changes = site(aws, given).changes
        assert [change.name for change in changes] == ["calstack-dev-production", "calstack-dev-test"]
        assert [asked_for(aws, purpose)[1] for purpose in RULES] == [[taken]] * 2
        assert not site(aws, given).changes
    assert [rule(aws, purpose)["Actions"] for purpose in RULES] == before


def test_turned_on_and_off_in_check_mode_nothing_is_written_and_no_value_is_shown(aws, secret):
    given = aws.given | {"origin_secret_arn": secret}
    site(aws, aws.given)
    aws.calls.clear()
    on = look(aws, given)
    assert not aws.writes
    assert show(on.changes).count("origin: (none) -> (set)") == 2
    assert "default_action.status_code: 404 -> 403" in show(on.changes)
    site(aws, given)
    off = look(aws, aws.given)
    assert show(off.changes).count("origin: (set) -> (none)") == 2
    renew(aws, secret, SECOND)
    renewed = look(aws, given)
    assert show(renewed.changes).count("origin: (another value) -> (set)") == 2
    for result in (on, off, renewed):
        text = show(result.changes) + repr(result)
        assert FIRST not in text
        assert SECOND not in text
    site(aws, aws.given)
    assert asked_for(aws, "production") == (["path-pattern"], [])
    assert otherwise(aws) == "404"


def test_a_condition_that_somebody_has_added_goes_again(aws, secret):
    given = aws.given | {"origin_secret_arn": secret}
    site(aws, given)
    twice = [
        {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": name, "Values": [FIRST]}}
        for name in ("x-origin-verify", "X-Origin-Verify")
    ]
    arn = rule(aws, "production")["RuleArn"]
    aws("elbv2").modify_rule(RuleArn=arn, Conditions=[*twice, {"Field": "path-pattern", "Values": ["/*"]}])
    site(aws, given)
    assert asked_for(aws, "production") == (["http-header", "path-pattern"], [{FIRST}])


def test_a_secret_that_is_not_made_yet_is_planned_and_otherwise_refused(aws):
    given = aws.given | {"origin_secret_arn": KNOWN_AFTER_APPLY}
    assert show(look(aws, given).changes).count(f"origin: {KNOWN_AFTER_APPLY}") == 2
    with pytest.raises(InputError, match=r"alb_origin_secret_arn is \(known after apply\).*--limit dns first"):
        site(aws, given)
    assert not aws.writes


def test_a_secret_that_is_not_there_is_said_before_anything_is_made(aws):
    arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:calstack/dev/origin-AbCdEf"
    with pytest.raises(InputError, match=f"alb_origin_secret_arn: there is no secret {arn}.*--limit dns first"):
        site(aws, aws.given | {"origin_secret_arn": arn})
    assert not aws.writes


@pytest.mark.parametrize(
    "text",
    [
        "no-json-at-all-and-long-enough",
        '{"OTHER": "first-of-the-values-48"}',
        '{"ORIGIN_HEADER": "too-short"}',
        '{"ORIGIN_HEADER": "star*of-the-values-48"}',
        '{"ORIGIN_HEADER": "blank of-the-values-48"}',
        '{"ORIGIN_HEADER": "line\\nof-the-values-48"}',
    ],
)
def test_a_value_that_is_none_for_a_header_is_refused_and_not_shown(aws, secret, text):
    aws("secretsmanager").put_secret_value(SecretId=secret, SecretString=text)
    aws.calls.clear()
    with pytest.raises(InputError) as caught:
        site(aws, aws.given | {"origin_secret_arn": secret})
    assert secret in str(caught.value)
    assert "of-the-values" not in str(caught.value)
    assert "long-enough" not in str(caught.value)
    assert not aws.writes


def test_an_earlier_version_that_held_something_else_does_not_count(aws):
    secret = aws("secretsmanager").create_secret(Name="calstack/dev/origin", SecretString='{"OTHER": "x"}')["ARN"]
    renew(aws, secret, FIRST)
    site(aws, aws.given | {"origin_secret_arn": secret})
    assert asked_for(aws, "production")[1] == [{FIRST}]


def test_a_secret_that_may_not_be_read_is_no_absent_one(aws, secret, monkeypatch):
    def refuse(**_asked):
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "GetSecretValue")

    monkeypatch.setattr(aws("secretsmanager"), "get_secret_value", refuse)
    with pytest.raises(AwsError, match=r"reading the secret in alb_origin_secret_arn: .* docs/permissions\.md"):
        site(aws, aws.given | {"origin_secret_arn": secret})


@pytest.mark.parametrize("name", ["X-Origin-Verify", "x-origin-verify"])
def test_the_candidates_header_is_another_one(aws, name):
    with pytest.raises(InputError, match=f"alb_test_header.name is {name}"):
        site(aws, aws.given | {"test_header": {"name": name, "values": ["candidate"]}})


VALUES = st.frozensets(st.text("abc", min_size=1), min_size=1, max_size=2)


@given(VALUES, st.none() | VALUES)
def test_what_is_asked_for_comes_back_equal_and_is_another_value_only_when_it_is(there, wanted):
    wish = None if wanted is None else Origin(wanted)
    path = {"Field": "path-pattern", "Values": ["/*"]}
    rest, found = split([path, *to_condition(Origin(there))], wish)
    assert rest == [path]
    assert found == Origin(there)
    assert str(found) == ("(set)" if wanted in (None, there) else "(another value)")
    assert list(to_condition(None)) == []
