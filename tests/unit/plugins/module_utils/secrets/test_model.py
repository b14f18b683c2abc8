"""What becomes of a secret: what is stored, given and generated come together."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Ref
from ansible_collections.calstack.aws.plugins.module_utils._secrets.model import (
    Secret,
    Variable,
    kept,
    key_name,
    merged,
    missing,
    nowhere,
    offered,
    outputs,
    parsed,
    secrets,
    states,
    wanted,
)
from hypothesis import given as for_all
from hypothesis import strategies as st

SCOPE = Scope("dev", "secrets", "calstack-dev")
NAMES = ("FLASK_SECRET_KEY", "A", "B")
APP = Secret("app", "calstack/dev/app", (Variable("FLASK_SECRET_KEY", 48), Variable("A"), Variable("B")))
VALUES = st.dictionaries(st.sampled_from(NAMES), st.text(min_size=1))
STORED = st.dictionaries(st.sampled_from((*NAMES, "EXTRA")), st.text())


def make(length):
    return "g" * length


def params(**given):
    variables = {"FLASK_SECRET_KEY": {"generate": 48}, "A": {}, "B": None}
    app = {"id": "app", "name": "calstack/dev/app", "variables": variables}
    return {"secrets": [app], "kms_key_id": "", **given}


@for_all(VALUES, STORED)
def test_nothing_is_lost_and_what_is_generated_is_generated_once(given, stored):
    new = merged(APP, given, stored, make)
    assert stored.keys() <= new.keys()
    assert new.get("EXTRA") == stored.get("EXTRA")
    for name in ("A", "B"):
        assert new.get(name) == given.get(name, stored.get(name))
    assert new["FLASK_SECRET_KEY"] == (stored.get("FLASK_SECRET_KEY") or given.get("FLASK_SECRET_KEY") or "g" * 48)


@for_all(VALUES, STORED)
def test_it_is_settled_when_merged_and_only_then(given, stored):
    new = merged(APP, given, stored, make)
    settled = wanted(params(), SCOPE, given)[0].properties["variables"]
    if missing(APP, given, stored):
        assert states(APP, given, new, given) != settled
    else:
        assert states(APP, given, new, given) == settled
        assert (states(APP, given, stored, given) == settled) == (new == stored)
    assert merged(APP, given, new, make) == new


@for_all(VALUES, STORED)
def test_no_value_shows_in_what_can_be_shown(given, stored):
    shown = set(states(APP, given, stored, given).values()) - {None}
    assert shown <= {"(set)", "(generated)", "(another value)"}


@for_all(VALUES, VALUES, STORED)
def test_a_fallback_fills_a_gap_and_never_replaces(given, fallbacks, stored):
    new = merged(APP, offered(given, fallbacks, stored), stored, make)
    for name in ("A", "B"):
        assert new.get(name) == given.get(name, stored.get(name) or fallbacks.get(name, stored.get(name)))
    without = merged(APP, given, stored, make)
    assert all(new[name] == without[name] for name in stored if stored[name])


@for_all(VALUES, VALUES, STORED)
def test_with_fallbacks_it_is_settled_once_they_are_in(given, fallbacks, stored):
    named = given.keys() | fallbacks.keys()
    new = merged(APP, offered(given, fallbacks, stored), stored, make)
    settled = wanted(params(), SCOPE, named)[0].properties["variables"]
    if not missing(APP, offered(given, fallbacks, stored), stored):
        assert states(APP, offered(given, fallbacks, new), new, named) == settled
    assert merged(APP, offered(given, fallbacks, new), new, make) == new


@for_all(VALUES, STORED)
def test_missing_is_what_nobody_gives_generates_or_has_stored(given, stored):
    assert missing(APP, given, stored) == [name for name in ("A", "B") if name not in given and not stored.get(name)]


def test_a_value_given_for_a_generated_one_that_is_stored_is_kept_out():
    assert kept(APP, {"FLASK_SECRET_KEY": "new"}, {"FLASK_SECRET_KEY": "old"}) == ["FLASK_SECRET_KEY"]
    assert not kept(APP, {"FLASK_SECRET_KEY": "old"}, {"FLASK_SECRET_KEY": "old"})
    assert not kept(APP, {"FLASK_SECRET_KEY": "new", "A": "2"}, {"A": "1"})


def test_a_misspelt_name_is_found():
    with pytest.raises(InputError, match="secrets_values names SENDGIRD_API_KEY"):
        wanted(params(), SCOPE, ["SENDGIRD_API_KEY"])


@pytest.mark.parametrize(
    "description", [{"generated": 48}, {"generate": 8}, {"generate": "48"}, "48", {"generate": 2000}]
)
def test_a_variable_described_wrongly_is_named(description):
    with pytest.raises(InputError, match="secrets_app: KEY"):
        secrets({"secrets": [{"id": "app", "name": "x", "variables": {"KEY": description}}]})


def test_a_secret_without_variables_is_left_to_others():
    database = {"id": "database", "name": "calstack/dev/database", "variables": {}}
    both = params(secrets=[*params()["secrets"], database])
    assert [item.name for item in wanted(both, SCOPE, [])] == ["calstack/dev/app"]
    assert outputs(both) == {
        "secrets_arns": {"app": Ref("secret", "calstack/dev/app")},
        "version_ids": {"app": Ref("secret", "calstack/dev/app", "version_id")},
    }


@pytest.mark.parametrize("text", [None, "", "hunter2-hunter2", '["hunter2"]', '"hunter2"'])
def test_what_is_no_json_object_is_refused_and_not_shown(text):
    with pytest.raises(InputError, match="calstack/dev/app holds no JSON object") as refused:
        parsed("calstack/dev/app", text)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    "key_id",
    [
        "1234abcd-12ab-34cd-56ef-1234567890ab",
        "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    ],
)
def test_a_key_is_the_same_by_id_and_by_arn(key_id):
    assert key_name(key_id) == "1234abcd-12ab-34cd-56ef-1234567890ab"
    assert key_name("arn:aws:kms:eu-west-1:123456789012:alias/mine") == key_name("alias/mine")


def test_one_message_names_all_that_is_missing_and_what_to_do():
    message = str(nowhere({"calstack/dev/app": ["A", "B"], "calstack/dev/database": ["MONGO_URI"]}, "dev"))
    assert "A, B (for calstack/dev/app); MONGO_URI (for calstack/dev/database)" in message
    assert "secrets_values" in message
    assert "Nothing has been changed" in message
