"""Values are checked without being shown."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._secrets.model import Variable
from ansible_collections.calstack.aws.plugins.module_utils._secrets.values import check, given

AWS = "https://secretsmanager.eu-west-1.amazonaws.com"
HERE = "http://127.0.0.1:4566"


def refused(name, value, generate=0, endpoint=HERE):
    with pytest.raises(InputError) as error:
        check(Variable(name, generate), value, endpoint)
    assert name in str(error.value)
    assert value not in str(error.value)
    assert error.value.__cause__ is None
    return str(error.value)


def test_what_is_empty_is_not_given_and_a_mapping_becomes_the_json_it_stands_for():
    assert given({"A": "", "B": None, "C": "x", "G_JSON": {"web": {}}}) == {"C": "x", "G_JSON": '{"web": {}}'}


@pytest.mark.parametrize("value", [True, 12345678, 1.5, ["x"], {"a": "b"}])
def test_what_yaml_has_made_of_a_value_is_refused(value):
    with pytest.raises(InputError, match="MS_CLIENT_ID is a") as error:
        given({"MS_CLIENT_ID": value})
    assert "12345678" not in str(error.value)


def test_a_session_key_has_32_characters():
    assert "32" in refused("FLASK_SECRET_KEY", "k" * 31, generate=48)
    check(Variable("FLASK_SECRET_KEY", 48), "k" * 32, AWS)


@pytest.mark.parametrize("text", ["{'web': 'python, not JSON'}", "[1]", "google.json", '{"web": '])
def test_json_must_be_an_object(text):
    refused("GOOGLE_CLIENT_SECRET_JSON", text)


def test_json_as_downloaded():
    check(Variable("GOOGLE_CLIENT_SECRET_JSON"), '{"web": {"client_id": "1"}}', AWS)


@pytest.mark.parametrize(
    "uri",
    [
        "postgres://user:hunter2-hunter2@db/x",
        "mongodb://user:hunter2/slash@db:27017/x",
        "mongodb://user:hunter2@db:port/x",
        "mongodb://db/x?retryWrite=hunter2",
        "mongodb:///calstack",
    ],
)
def test_a_connection_string_must_be_understood(uri):
    assert "hunter2" not in refused("MONGO_URI", uri)


@pytest.mark.parametrize(
    "uri",
    [
        "mongodb://user:p%40ss@127.0.0.1:27017/calstack?retryWrites=true",
        "mongodb+srv://u:p@cluster0.example.mongodb.net/",
    ],
)
def test_connection_strings(uri):
    check(Variable("MONGO_URI"), uri, HERE)


@pytest.mark.parametrize(
    "uri",
    [
        "mongodb://user:hunter2@127.81.0.3:27017/calstack?tls=true",
        "mongodb://user:hunter2@localhost/",
        "mongodb://LOCALHOST",
        "mongodb://user:hunter2@db.calstack.localhost:27017",
        "mongodb://user:hunter2@[::1]:27017/x",
        "mongodb://db.example.com:27017,127.0.0.1:27017/x",
    ],
)
def test_tasks_in_aws_cannot_reach_a_database_of_this_machine(uri):
    message = refused("MONGO_URI", uri, endpoint=AWS)
    assert "new shell" in message
    assert "hunter2" not in message
    check(Variable("MONGO_URI"), uri, HERE)
    check(Variable("MONGO_URI"), uri, "http://localhost:4566")


@pytest.mark.parametrize(
    "uri",
    [
        "mongodb://localhost:p@db.example.com/",
        "mongodb://u:p@db.example.com:27017/localhost?appName=localhost",
        "mongodb://u:p@10.127.0.1/",
        "mongodb://localhost.example.com",
    ],
)
def test_a_host_elsewhere_is_taken(uri):
    check(Variable("MONGO_URI"), uri, AWS)
