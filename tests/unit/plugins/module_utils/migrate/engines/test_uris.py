"""Connection strings for other programs: the same place and the same user, and nothing to be seen of the password."""

import json
from urllib.parse import quote

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._migrate.engines.uris import (
    MASKED,
    Mask,
    config_line,
    without_database,
)
from hypothesis import given
from hypothesis import strategies as st
from pymongo.uri_parser import parse_uri


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("mongodb://h", "mongodb://h/"),
        ("mongodb://h/app", "mongodb://h/"),
        ("mongodb://h/app?w=1", "mongodb://h/?w=1"),
        ("mongodb://h?w=1", "mongodb://h/?w=1"),
        ("mongodb://u:p@h,i:27018/app", "mongodb://u:p@h,i:27018/?authSource=app"),
        ("mongodb://u:p@h/", "mongodb://u:p@h/?authSource=admin"),
        ("mongodb://u:p@h/app?authSource=users", "mongodb://u:p@h/?authSource=users"),
        ("mongodb://u:p@h/app?AUTHSOURCE=users", "mongodb://u:p@h/?AUTHSOURCE=users"),
        ("mongodb+srv://u:p@h/app?w=majority", "mongodb+srv://u:p@h/?w=majority&authSource=admin"),
        ("mongodb+srv://h/app?authMechanism=MONGODB-AWS", None),
        ("mongodb://h/?tlsCAFile=/etc/ca.pem", "mongodb://h/?tlsCAFile=/etc/ca.pem"),
    ],
)
def test_the_database_goes_and_the_users_stay_where_they_are(uri, expected):
    expected = expected or "mongodb+srv://h/?authMechanism=MONGODB-AWS&authSource=%24external"
    assert without_database(uri) == expected


@given(
    user=st.text(min_size=1, max_size=12),
    password=st.text(min_size=1, max_size=12),
    database=st.sampled_from(["", "app", "calstack"]),
    source=st.sampled_from(["", "admin", "users"]),
)
def test_pymongo_reads_the_same_user_and_authsource_before_and_after(user, password, database, source):
    options = f"?authSource={source}" if source else ""
    uri = f"mongodb://{quote(user, safe='')}:{quote(password, safe='')}@h:1/{database}{options}"
    before, after = parse_uri(uri, warn=True), parse_uri(without_database(uri), warn=True)
    assert (after["username"], after["password"], after["nodelist"]) == (user, password, before["nodelist"])
    assert after["database"] is None
    assert after["options"]["authSource"] == (before["options"].get("authSource") or before["database"] or "admin")


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_a_line_of_the_configuration_is_one_line_and_holds_the_value(value):
    line = config_line("uri", value)
    assert json.loads(line.removeprefix("uri: ")) == value
    assert line.count("\n") == 1


@given(st.text(alphabet="0123456789:@/%+ü\"'", min_size=4, max_size=30))
def test_no_shape_of_a_password_gets_through(password):
    encoded = quote(password, safe="")
    uri = f"mongodb://u:{encoded}@h/app"
    said = Mask([uri, "mongodb://other"])(f"a {password} b {encoded} c {uri} d mongodb+srv://v:{encoded}@i/?e=f g")
    assert password not in said
    assert encoded not in said
    assert said.startswith("a *** b *** c ")
    assert said.endswith(" g")


def test_what_a_json_log_makes_of_a_password_is_masked():
    password = 'a"b\\c<d>&e'
    mask = Mask([f"mongodb://u:{quote(password, safe='')}@h/"])
    # Go, in which these programs are written, escapes <, > and & in JSON as well.
    assert mask(f'{{"m":{json.dumps(password)}}}') == '{"m":"***"}'
    assert mask('{"m":"a\\"b\\\\c\\u003cd\\u003e\\u0026e"}') == '{"m":"***"}'


def test_a_masks_repr_shows_nothing():
    assert "hush" not in repr(Mask(["mongodb://u:hush@h/app"]))


def test_secrets_among_the_options_and_other_peoples_uris_are_masked():
    mask = Mask(["mongodb://h/?authMechanismProperties=AWS_SESSION_TOKEN:abc%2Bdef&tlsCertificateKeyFilePassword=hush"])
    said = mask("AWS_SESSION_TOKEN:abc+def hush mongodb://who:what@there/x rest")
    assert said == f"{MASKED} {MASKED} mongodb://{MASKED} rest"
