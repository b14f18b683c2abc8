"""A database user: what is compared, and what is sent."""

import json

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._atlas import user_model
from ansible_collections.calstack.aws.plugins.module_utils._atlas.user_model import Login
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.plan import plan
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found
from hypothesis import given
from hypothesis import strategies as some

BASE = {
    "username": "calstack-dev-a",
    "database_name": None,
    "password": None,
    "update_password": "on_create",
    "roles": [{"role_name": "readWrite", "database_name": "calstack", "collection_name": None}],
    "scopes": None,
    "aws_iam_type": "NONE",
    "delete_after": None,
    "description": None,
}
ROLE_NAME = some.text("abcXYZ019_-", min_size=1, max_size=12)
DATABASE = some.text("abcXYZ019_-é", min_size=1, max_size=12)
COLLECTION = some.none() | some.text("abc.@ X9", min_size=1, max_size=12)
ROLE = some.fixed_dictionaries({"role_name": ROLE_NAME, "database_name": DATABASE, "collection_name": COLLECTION})


def wanted(**given_):
    return user_model.wanted(BASE | given_)[0]


def as_atlas_answers(body, shuffle):
    """The body of a creation, enriched and in another order."""
    answer = json.loads(json.dumps({key: value for key, value in body.items() if key != "password"}))
    answer["roles"] = shuffle(answer["roles"])
    answer["scopes"] = [*shuffle(answer.get("scopes", []))]
    return {"awsIAMType": "NONE", "labels": [], "links": [], "x509Type": "NONE", "groupId": "p", **answer}


@given(
    roles=some.lists(ROLE, min_size=1, max_size=6, unique_by=lambda role: tuple(role[key] for key in sorted(role))),
    scopes=some.none() | some.lists(ROLE_NAME, max_size=4, unique=True),
    random=some.randoms(),
)
def test_what_was_created_is_as_wanted_in_whatever_order_it_comes_back(roles, scopes, random):
    item = wanted(roles=roles, scopes=scopes, password="geheimgeheim")
    body = user_model.request(Login("admin", "a"), {**item.properties, **item.initial}, "geheimgeheim")
    assert body["password"] == "geheimgeheim"
    assert len(body["roles"]) == len(roles)
    answer = as_atlas_answers(body, lambda items: random.sample(items, len(items)))
    found = Found(user_model.KIND, item.name, item.name, user_model.properties_of(answer))
    assert plan([item], [found]) == []


def test_a_role_of_a_collection_is_not_that_of_its_database():
    one = user_model.roles([{"role_name": "read", "database_name": "a", "collection_name": "b.c"}])
    assert one != user_model.roles([{"role_name": "read", "database_name": "a"}])
    assert user_model.request(Login("admin", "a"), {"roles": one}, "")["roles"] == [
        {"roleName": "read", "databaseName": "a", "collectionName": "b.c"}
    ]


def test_the_password_is_in_no_plan():
    for when in ("on_create", "always"):
        item = wanted(password="geheimgeheim", update_password=when)
        assert "geheim" not in repr(item)
        assert ("password" in item.properties) == (when == "always")


def test_where_a_user_is_known():
    assert user_model.login(BASE) == Login("admin", "calstack-dev-a")
    assert user_model.login(BASE | {"aws_iam_type": "ROLE"}).database == "$external"


@pytest.mark.parametrize(
    "text", ["2026-12-31T12:00:00Z", "2026-12-31T12:00:00.000Z", "2026-12-31T14:00:00+02:00", "2026-12-31T12:00:00"]
)
def test_a_moment_is_the_same_however_it_is_written(text):
    assert user_model.moment(text) == "2026-12-31T12:00:00Z"


ARN = "arn:aws:iam::123456789012:role/x"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"database_name": "$external"}, "database_name is .external and aws_iam_type NONE"),
        ({"aws_iam_type": "ROLE", "username": ARN, "database_name": "admin"}, "Leave database_name out"),
        ({"aws_iam_type": "ROLE", "username": ARN, "password": "geheimgeheim"}, "Leave password out"),
        ({"aws_iam_type": "ROLE"}, "is the ARN"),
        ({"password": "geheim"}, "8 characters"),
        ({"update_password": "always"}, "there is no password"),
        ({"roles": []}, "at least one role"),
        ({"roles": None}, "at least one role"),
        ({"delete_after": "tomorrow"}, "ISO 8601"),
    ],
)
def test_what_cannot_be_is_refused_without_showing_the_password(asked, said):
    with pytest.raises(InputError, match=said) as caught:
        wanted(**asked)
    assert "geheim" not in str(caught.value)
