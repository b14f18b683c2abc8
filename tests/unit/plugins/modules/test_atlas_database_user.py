"""The module as Ansible calls it."""

import base64
import json
from urllib.parse import quote

import pytest
import yaml
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import KNOWN_AFTER_APPLY
from ansible_collections.calstack.aws.plugins.modules import atlas_database_user
from atlas_fake import CLIENT_SECRET, PROJECT, TOKEN, fake_atlas, refused
from atlas_modules import call, documented, taken
from module_answer import ANSIBLES_OWN

PASSWORD = "p@ss/w:rd+51 geheim"
ROLES = [
    {"role_name": "readWrite", "database_name": "calstack"},
    {"role_name": "read", "database_name": "reports", "collection_name": "daily.sums"},
]
USER = {"username": "calstack-dev-a", "roles": ROLES}


@pytest.fixture
def fake():
    with fake_atlas() as made:
        yield made


@pytest.fixture
def user(fake, capsys):
    return lambda **given: call(atlas_database_user, fake, capsys, **{**USER, **given})


def test_what_is_documented_is_what_is_taken():
    assert documented(atlas_database_user) == taken(atlas_database_user.OPTIONS)


def test_every_key_it_returns_is_documented(user):
    answer = user(password=PASSWORD)
    assert answer["changed"]
    assert answer.keys() - ANSIBLES_OWN == yaml.safe_load(atlas_database_user.RETURN).keys()
    assert (answer["project_id"], answer["database_name"]) == (PROJECT, "admin")


def test_a_second_run_changes_nothing_although_atlas_has_reordered_and_enriched(user, fake):
    user(password=PASSWORD, scopes=["b", "a"])
    assert fake.passwords == {"calstack-dev-a": PASSWORD}
    answer = user(password="another one " + PASSWORD, scopes=["a", "b"], roles=ROLES[::-1])
    assert not answer["changed"]
    assert fake.passwords == {"calstack-dev-a": PASSWORD}
    assert not user()["changed"]


def test_roles_converge_and_leave_the_rest_alone(user, fake):
    user(password=PASSWORD, scopes=["calstack-dev"])
    answer = user(roles=ROLES[:1])
    assert answer["diff"]["prepared"] == (
        "~ database user calstack-dev-a\n    roles: read@reports.daily.sums, readWrite@calstack -> readWrite@calstack\n"
    )
    assert fake.writes[-1][2].keys() == {"databaseName", "username", "roles"}
    assert fake.users["admin", "calstack-dev-a"]["scopes"] == [{"name": "calstack-dev", "type": "CLUSTER"}]


def test_always_sets_the_password_on_every_run(user, fake):
    user(password=PASSWORD)
    for _ in range(2):
        answer = user(password="second " + PASSWORD, update_password="always")
        assert answer["diff"]["prepared"] == (
            "~ database user calstack-dev-a\n    password: unknown -> the given one\n"
        )
    assert fake.passwords == {"calstack-dev-a": "second " + PASSWORD}
    assert len(fake.writes) == 3


def test_check_mode_writes_nothing(user, fake):
    answer = user(password=PASSWORD, check=True)
    assert answer["changed"]
    assert "password: the given one" in answer["diff"]["prepared"]
    user(password=PASSWORD)
    assert user(password=PASSWORD, update_password="always", check=True)["changed"]
    assert len(fake.writes) == 1


def test_in_a_project_that_is_only_planned(user, fake):
    fake.projects = []
    assert user(password=PASSWORD, check=True)["project_id"] == KNOWN_AFTER_APPLY
    assert "there is no Atlas project calstack-dev" in user(password=PASSWORD)["msg"]
    assert not user(state="absent")["changed"]
    assert fake.writes == []


def test_without_any_password_at_all(user, fake):
    arn = "arn:aws:iam::123456789012:role/calstack-dev-task"
    assert user(username=arn, aws_iam_type="ROLE")["database_name"] == "$external"
    assert not user(username=arn, aws_iam_type="ROLE")["changed"]
    assert fake.users["$external", arn]["awsIAMType"] == "ROLE"
    assert "cannot change it in place" in user(username=arn, aws_iam_type="USER")["msg"]


def test_a_new_user_needs_a_password(user, fake):
    for check in (True, False):
        assert "to create it there is no password" in user(check=check)["msg"]
    assert fake.writes == []


def test_absent_deletes_this_user_only(user, fake):
    user(password=PASSWORD)
    user(username="calstack-dev-b", password=PASSWORD)
    assert user(state="absent", roles=[])["changed"]
    assert not user(state="absent")["changed"]
    assert list(fake.users) == [("admin", "calstack-dev-b")]


@pytest.mark.parametrize(
    "answer", [refused(401, "UNAUTHORIZED"), refused(403, "USER_UNAUTHORIZED"), refused(410, "VERSION_GONE")]
)
@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_refused_read_is_never_absent(user, fake, answer, state):
    fake.scripted = [("GET .*databaseUsers", answer)] * 2
    failed = user(password=PASSWORD, state=state)
    assert failed["failed"]
    assert "reading database user calstack-dev-a: Atlas answered" in failed["msg"]
    assert fake.writes == []


def test_no_secret_shows(user, fake):
    fake.scripted = [
        ("POST .*databaseUsers", refused(400, "ECHO", f"{PASSWORD} {quote(PASSWORD, safe='')} {CLIENT_SECRET} {TOKEN}"))
    ]
    said = json.dumps([user(password=PASSWORD) for _ in range(2)])
    assert "Atlas answered 400 ECHO" in said
    for secret in (PASSWORD, CLIENT_SECRET, TOKEN):
        for shape in (secret, quote(secret, safe=""), base64.b64encode(secret.encode()).decode()):
            assert shape not in said
