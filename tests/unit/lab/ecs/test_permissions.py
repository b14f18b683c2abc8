import json
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.aws import backends
from lab.ecs.permissions import allowed, role_policies
from lab.settings import Settings

SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:calstack/dev/app-AbCdEf"
READ = "secretsmanager:GetSecretValue"


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Statement": [{"Effect": "Allow", "Action": action, "Resource": resource, **more}]}


def deny(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Statement": {"Effect": "Deny", "Action": action, "Resource": resource, **more}}


@pytest.mark.parametrize(
    ("policies", "expected"),
    [
        ([], False),
        ([allow(READ)], True),
        ([allow("secretsmanager:*", SECRET)], True),
        ([allow("SECRETSMANAGER:getsecretvalue")], True),
        ([allow(["ecr:*", READ], [SECRET.replace("AbCdEf", "??????")])], True),
        ([allow(READ, "arn:aws:secretsmanager:*:*:secret:calstack/dev/*")], True),
        ([allow(READ, "arn:aws:secretsmanager:*:*:secret:calstack/prod/*")], False),
        ([allow(READ, SECRET.upper())], False),
        ([allow("secretsmanager:Get")], False),
        ([allow(READ), deny("*")], False),
        ([allow(READ), deny(READ, "arn:aws:secretsmanager:*:*:secret:calstack/prod/*")], True),
        ([allow(READ), deny("*", Condition={"Bool": {"aws:SecureTransport": "false"}})], True),
        ([{"Statement": [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}]}], True),
        ([{"Statement": [{"Effect": "Allow", "NotAction": "secretsmanager:*", "Resource": "*"}]}], False),
        ([{"Statement": [{"Effect": "Allow", "Action": "*", "NotResource": SECRET}]}], False),
        ([{"Statement": [{"Effect": "Allow", "Action": "*"}]}], False),
        ([{}], False),
    ],
)
def test_a_role_may_what_its_policies_say(policies: list[dict[str, Any]], expected: bool) -> None:
    assert allowed(policies, READ, SECRET) is expected


arns = st.text(st.characters(codec="ascii", exclude_characters="*?"), max_size=30)


@given(arns, st.integers(0, 30), st.integers(0, 30))
def test_any_part_may_be_a_star(arn: str, start: int, end: int) -> None:
    assert allowed([allow("*", arn[:start] + "*" + arn[max(start, end) :])], READ, arn)


@given(arns, arns)
def test_without_a_wildcard_only_the_same_arn_matches(arn: str, other: str) -> None:
    assert allowed([allow("*", other)], READ, arn) is (arn == other)


def test_inline_and_managed_policies_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    managed = SimpleNamespace(document=json.dumps(deny("*")))
    role = SimpleNamespace(
        name="start", policies={"inline": json.dumps(allow(READ))}, managed_policies={"arn": managed}
    )
    monkeypatch.setattr(backends, "iam", lambda _: SimpleNamespace(roles={"AROA": role}))
    settings = Settings.from_environment({})
    assert role_policies(settings, "arn:aws:iam::123456789012:role/path/start") == [allow(READ), deny("*")]
    assert role_policies(settings, "arn:aws:iam::123456789012:role/other") is None
