"""What PyMongo raises becomes words that help, without a password or a document in them."""

import pymongo.errors as sdk
import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError, InputError
from ansible_collections.calstack.aws.plugins.module_utils._migrate.errors import (
    DifferenceError,
    LoginError,
    LostTokenError,
    MigrationError,
    StillWrittenError,
    UnreachableError,
    doing,
)
from ansible_collections.calstack.aws.plugins.module_utils._migrate.patience import PAUSES, Patience
from ansible_collections.calstack.aws.plugins.module_utils._migrate.server import Endpoint, connect

SECRET = "p4ssw0rd-9f3c"


def failure(code, said):
    return sdk.OperationFailure(f"{said}, full error: {{'x': 1}}", code, {"code": code, "errmsg": said})


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (failure(18, "Authentication failed."), LoginError, "does not accept the user or the password"),
        (failure(8000, "bad auth : authentication failed"), LoginError, "percent-encoded"),
        (failure(13, "not authorized on shop to execute command"), MigrationError, "the user may not do this (13"),
        (failure(8000, "user is not allowed to do action [collMod]"), MigrationError, "the user may not do this (8000"),
        (failure(286, "Resume of change stream was not possible"), LostTokenError, "run the stage discard"),
        (failure(280, "cannot resume"), LostTokenError, "oplog was too short"),
        (failure(260, "bad token"), LostTokenError, "no longer has the changes"),
        (failure(43, "cursor id 7 not found"), UnreachableError, "closed the cursor"),
        (failure(96, "Disk full"), MigrationError, "the server answered 96: Disk full."),
        (sdk.ServerSelectionTimeoutError("h:1: refused, Timeout: 30s, Topology"), UnreachableError, "access list"),
        (sdk.AutoReconnect("h:1: SSL: CERTIFICATE_VERIFY_FAILED"), UnreachableError, "tlsCAFile"),
        (sdk.NotPrimaryError("not primary"), UnreachableError, "no answer: not primary"),
        (sdk.ConfigurationError("The DNS query name does not exist"), MigrationError, "DNS query name"),
    ],
)
def test_each_kind_says_what_to_do(error, kind, said):
    with pytest.raises(kind) as caught, doing("copying shop.orders"):
        raise error
    assert type(caught.value) is kind
    assert str(caught.value).startswith("copying shop.orders: ")
    assert said in str(caught.value)
    assert "full error" not in str(caught.value)
    assert "Topology" not in str(caught.value)


def test_the_values_of_a_duplicate_key_are_not_shown():
    said = 'E11000 duplicate key error collection: shop.users index: email_1 dup key: { email: "ada@example.org" }'
    error = sdk.BulkWriteError({"writeErrors": [{"index": 3, "code": 11000, "errmsg": said}]})
    with pytest.raises(MigrationError, match="index: email_1") as caught, doing("writing"):
        raise error
    assert "ada" not in str(caught.value)


def test_an_answer_without_details_is_told_by_its_kind():
    with pytest.raises(MigrationError, match="the server answered None: WTimeoutError"), doing("writing"):
        raise sdk.WTimeoutError("timed out")


@pytest.mark.filterwarnings("ignore:The value of tls")
@pytest.mark.parametrize(
    "uri",
    [
        f"mongodb://user:{SECRET}@@host/",
        f"mongodb://user:{SECRET}:x@host/",
        f"mongodb://user:abc@{SECRET}:port/",
        f"mongodb://host:{SECRET}/",
        f"mongodb+srv://user:{SECRET}@localhost:27017/",
        f"mongodb://host/?replicaSet=a&tls={SECRET}",
        f"http://{SECRET}",
    ],
)
def test_a_malformed_connection_string_never_shows(uri):
    with pytest.raises(CalstackError) as caught:
        connect(Endpoint("source", uri))
    assert SECRET not in str(caught.value)
    assert SECRET not in repr(Endpoint("source", uri))
    error = caught.value
    while error:
        assert error.__suppress_context__ or error.__context__ is None
        error = error.__cause__


def test_a_malformed_connection_string_names_the_variable():
    with pytest.raises(InputError, match="migrate_target is not a MongoDB connection string"):
        connect(Endpoint("target", "mongodb://a:b:c@host/"))


def test_differences_are_told_up_to_a_number():
    assert "and 5 more" in str(DifferenceError(tuple(str(number) for number in range(25))))
    assert "shop.a (3), shop.b (1)" in str(StillWrittenError("source", {"shop.b": 1, "shop.a": 3}))


def test_an_outage_is_waited_for_and_a_refusal_is_not():
    slept, answers = [], [UnreachableError("gone"), UnreachableError("gone"), "back"]

    def ask():
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert Patience(slept.append)(ask) == "back"
    assert slept == list(PAUSES[:2])
    answers[:] = [UnreachableError("gone")] * 10
    with pytest.raises(UnreachableError):
        Patience(slept.append)(ask)
    assert slept == [*PAUSES[:2], *PAUSES]
    answers[:] = [MigrationError("no"), "never"]
    with pytest.raises(MigrationError, match="no"):
        Patience(slept.append)(ask)
    assert answers == ["never"]
