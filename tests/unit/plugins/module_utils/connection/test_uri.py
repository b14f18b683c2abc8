"""The connection string: whatever user and password, the driver reads back what was put in."""

import warnings

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._connection.uri import (
    Login,
    address_of,
    check_hosts,
    check_options,
    compose,
    hosts,
    split,
)
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError, InputError
from hypothesis import example, given
from hypothesis import strategies as st
from pymongo import MongoClient
from pymongo.uri_parser import parse_uri

SRV = "mongodb+srv://calstack-dev.ab1cd.mongodb.net"
STANDARD = (
    "mongodb://c-00.ab1cd.mongodb.net:27017,c-01.ab1cd.mongodb.net:27017/"
    "?ssl=true&authSource=admin&replicaSet=atlas-x-shard-0"
)
OPTIONS = {"retryWrites": "true", "w": "majority", "appName": "calstack-dev", "maxPoolSize": "20"}
words = st.text(min_size=1)


@given(words, words)
@example("user", "p@ss/w:rd?#[]% +é\x00")
@example("a:b@c/d", "%40")
def test_any_user_and_password_round_trip(user, password):
    uri = compose(STANDARD, Login(user, password), OPTIONS)
    read = parse_uri(uri, validate=True, warn=False)
    assert (read["username"], read["password"]) == (user, password)
    assert read["options"]["maxPoolSize"] == 20
    assert split(uri).login == Login(user, password)


@given(words, words, st.sampled_from(["", "calstack", "data+1"]))
def test_what_is_composed_is_taken_apart_again(user, password, database):
    parts = split(compose(SRV, Login(user, password), OPTIONS, database))
    assert (parts.login, parts.database, parts.address) == (Login(user, password), database, SRV)
    assert parts.options == OPTIONS


def test_the_whole_string_of_each_kind():
    login = Login("calstack-dev-a", "pw")
    assert compose(SRV, login, OPTIONS) == (
        "mongodb+srv://calstack-dev-a:pw@calstack-dev.ab1cd.mongodb.net/"
        "?retryWrites=true&w=majority&appName=calstack-dev&maxPoolSize=20"
    )
    assert compose(SRV, Login(), {}) == f"{SRV}/?authSource=%24external&authMechanism=MONGODB-AWS"


def test_atlas_own_options_stay_unless_they_are_given():
    uri = compose(STANDARD + "&RetryWrites=false", Login("u", "p"), OPTIONS)
    assert "ssl=true&authSource=admin&replicaSet=atlas-x-shard-0&retryWrites=true" in uri
    assert "RetryWrites" not in uri
    by_role = compose(STANDARD, Login(), OPTIONS)
    assert "authSource=admin" not in by_role
    assert split(by_role).login == Login()


@pytest.mark.parametrize("address", [SRV, STANDARD])
@pytest.mark.parametrize("login", [Login("u", "p@/:"), Login()])
def test_the_driver_takes_it_without_a_warning(address, login):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        MongoClient(compose(address, login, OPTIONS, "data"), connect=False).close()


@pytest.mark.parametrize("text", [None, "", "postgres://x", "mongodb://", 3, "mongodb:///tmp/x.sock"])
def test_what_is_no_connection_string(text):
    assert split(text) is None


def test_a_string_without_credentials_has_no_login():
    assert split("mongodb://host/").login is None
    assert split("mongodb://host/?authMechanism=MONGODB-X509").login is None


def test_a_login_does_not_show_its_password():
    assert "geheim" not in repr(Login("u", "geheim"))


STRINGS = {
    "standard": STANDARD,
    "standard_srv": SRV,
    "private_endpoints": [
        {
            "srv_connection_string": "mongodb+srv://c-pl-0.ab1cd.mongodb.net",
            "connection_string": "mongodb://pl",
            "endpoints": [{"endpoint_id": "vpce-1"}],
        },
        {"srv_connection_string": "", "connection_string": "mongodb://two", "endpoints": [{"endpoint_id": "vpce-2"}]},
    ],
}


def test_the_address_is_srv_where_there_is_one():
    assert address_of(STRINGS) == SRV
    assert address_of({**STRINGS, "standard_srv": ""}) == STANDARD
    assert address_of(STRINGS, "vpce-1") == "mongodb+srv://c-pl-0.ab1cd.mongodb.net"
    assert address_of(STRINGS, "vpce-2") == "mongodb://two"
    assert address_of(STRINGS, "vpce-3") == ""


def test_only_hosts_of_atlas_get_a_password():
    check_hosts(SRV, atlas_is_here=False)
    check_hosts(STANDARD, atlas_is_here=False)
    check_hosts("mongodb://127.0.0.1:27017/", atlas_is_here=True)
    assert hosts(STANDARD) == ["c-00.ab1cd.mongodb.net", "c-01.ab1cd.mongodb.net"]
    for strange in ("mongodb+srv://x.mongodb.net.example.com", "mongodb://a.mongodb.net,evil.example.com/"):
        with pytest.raises(CalstackError, match=r"example\.com, which is not one of Atlas's hosts"):
            check_hosts(strange, atlas_is_here=False)


def test_options_that_are_the_modules_own_are_refused():
    check_options({"readPreference": "secondary"})
    with pytest.raises(InputError, match="atlas_uri_options names MaxPoolSize"):
        check_options({"MaxPoolSize": 3})


def test_an_answer_of_atlas_that_is_no_connection_string():
    with pytest.raises(CalstackError, match="'nonsense', which Atlas gave"):
        compose("nonsense", Login("u", "p"), {})
