"""The API: what goes over the wire for an operation, and what is made of the answers."""

import base64
import json
import re
from dataclasses import dataclass, field
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._atlas import operations as op
from ansible_collections.calstack.aws.plugins.module_utils._atlas.client import Atlas
from ansible_collections.calstack.aws.plugins.module_utils._atlas.credentials import ApiKey, ServiceAccount
from ansible_collections.calstack.aws.plugins.module_utils._atlas.errors import AtlasError
from ansible_collections.calstack.aws.plugins.module_utils._atlas.transport import (
    Request,
    Response,
    UnansweredError,
)
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from hypothesis import given
from hypothesis import strategies as some

SECRET = "mdb_sa_sk_geheim+/77"
ACCOUNT = ServiceAccount("mdb_sa_id_1", SECRET)
BASE = "https://cloud.mongodb.com"


def says(status, body=None, **headers):
    return Response(status, headers, b"" if body is None else json.dumps(body).encode())


def refused(status, code, detail="because"):
    return says(status, {"error": status, "errorCode": code, "detail": detail, "reason": "", "parameters": []})


@dataclass
class Wire:
    """Answers in turn, the last one for ever; a token to whoever asks for one."""

    answers: list = field(default_factory=lambda: [says(200, {})])
    lifetime: float = 3600
    asked: list[Request] = field(default_factory=list)
    tokens: int = 0
    time: float = 0.0
    sleeps: list[float] = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)

    def __call__(self, request):
        if request.url == f"{BASE}/api/oauth/token":
            self.tokens += 1
            self.login = request
            return says(200, {"access_token": f"token-geheim-{self.tokens}", "expires_in": self.lifetime})
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, UnansweredError):
            raise answer
        return answer

    def sleep(self, seconds):
        self.sleeps.append(seconds)
        self.time += seconds

    def atlas(self, who=ACCOUNT):
        return Atlas(
            BASE,
            who,
            hide=self.hidden.update,
            opener=self,
            clock=lambda: self.time,
            sleep=self.sleep,
            chance=lambda: 0.0,
        )


def failure(wire, operation=op.GET_CLUSTER, body=None, who=ACCOUNT, **path):
    with pytest.raises(AtlasError) as caught:
        wire.atlas(who).call(operation, body=body, **(path or {"project": "p", "name": "calstack-dev"}))
    return caught.value


def test_an_operation_on_the_wire():
    wire = Wire([says(201, {"name": "c"})])
    body = {"name": "c", "tags": []}
    assert wire.atlas().call(op.CREATE_CLUSTER, body=body, query={"a": "b c"}, project="p") == {"name": "c"}
    (request,) = wire.asked
    media = "application/vnd.atlas.2024-10-23+json"
    assert (request.method, request.url) == ("POST", f"{BASE}/api/atlas/v2/groups/p/clusters?a=b+c")
    assert request.headers == {"Accept": media, "Content-Type": media, "Authorization": "Bearer token-geheim-1"}
    assert json.loads(request.body) == body


NAMES = some.text(min_size=1).filter(lambda name: name not in (".", ".."))


@given(NAMES, NAMES)
def test_any_name_stays_one_part_of_the_path(database, username):
    wire = Wire()
    wire.atlas().call(op.GET_DATABASE_USER, project="p", database=database, username=username)
    parts = urlsplit(wire.asked[0].url).path.split("/")
    assert parts[-2:] == [quote(database, safe=""), quote(username, safe="")]
    assert len(parts) == 9


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_a_name_that_would_mean_another_resource_is_never_sent(name):
    wire = Wire()
    with pytest.raises(InputError, match="names nothing"):
        wire.atlas().call(op.DELETE_CLUSTER, project="p", name=name)
    assert not wire.asked


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_success_is_one_and_may_have_no_body(status):
    assert Wire([says(status)]).atlas().call(op.DELETE_CLUSTER, project="p", name="c") == {}


def test_the_token_is_asked_for_as_oauth_says_and_kept_for_most_of_its_life():
    wire = Wire()
    atlas = wire.atlas()
    for wire.time in (0, 10, 3530):
        atlas.call(op.LIST_CLUSTERS, project="p")
    assert wire.tokens == 1
    assert wire.login.method == "POST"
    assert wire.login.body == b"grant_type=client_credentials"
    pair = base64.b64encode(f"mdb_sa_id_1:{SECRET}".encode()).decode()
    assert wire.login.headers["Authorization"] == f"Basic {pair}"
    wire.time = 3541
    atlas.call(op.LIST_CLUSTERS, project="p")
    assert wire.tokens == 2


def test_a_short_lived_token_is_used_all_the_same():
    wire = Wire(lifetime=10)
    atlas = wire.atlas()
    for wire.time in (0, 4, 6):
        atlas.call(op.LIST_CLUSTERS, project="p")
    assert wire.tokens == 2


def test_a_revoked_token_is_renewed_once():
    wire = Wire([refused(401, "UNAUTHORIZED"), says(200, {"name": "c"})])
    assert wire.atlas().call(op.GET_CLUSTER, project="p", name="c") == {"name": "c"}
    assert [request.headers["Authorization"][-1] for request in wire.asked] == ["1", "2"]
    wire = Wire([refused(401, "UNAUTHORIZED")])
    assert failure(wire).status == 401
    assert len(wire.asked) == 2


def test_an_api_key_needs_no_token():
    wire = Wire()
    wire.atlas(ApiKey("public", "private")).call(op.LIST_CLUSTERS, project="p")
    assert wire.tokens == 0
    assert wire.asked[0].login == ("public", "private")
    assert "Authorization" not in wire.asked[0].headers


@given(total=some.integers(0, 1700), capped=some.sampled_from([500, 100]), told=some.booleans())
def test_every_page_is_read_once(total, capped, told):
    def serve(request):
        if "oauth" in request.url:
            return says(200, {"access_token": "t", "expires_in": 3600})
        query = {key: int(value[0]) for key, value in parse_qs(urlsplit(request.url).query).items()}
        size = min(query["itemsPerPage"], capped if told else 500)
        assert query["itemsPerPage"] == 500
        begin = (query["pageNum"] - 1) * size
        results = [{"id": number} for number in range(begin, min(total, begin + size))]
        return says(200, {"results": results, **({"totalCount": total} if told else {})})

    found = Atlas(BASE, ACCOUNT, opener=serve).every(op.LIST_ACCESS, project="p")
    assert [item["id"] for item in found] == list(range(total))


def test_a_list_without_pages():
    assert Wire([says(200, [{"id": 1}])]).atlas().every(op.LIST_ENDPOINT_SERVICES, project="p") == [{"id": 1}]


def test_a_creation_is_not_repeated_where_it_may_have_been_carried_out():
    for answer in (refused(500, "UNEXPECTED_ERROR"), UnansweredError("lost", "reset", sent=True)):
        wire = Wire([answer, says(201, {})])
        failure(wire, op.CREATE_CLUSTER, body={"name": "c"}, project="p")
        assert len(wire.asked) == 1
    for operation in (op.GET_CLUSTER, op.UPDATE_CLUSTER, op.DELETE_CLUSTER):
        wire = Wire([refused(500, "UNEXPECTED_ERROR"), says(200, {})])
        wire.atlas().call(operation, project="p", name="c")
        assert len(wire.asked) == 2


def test_a_throttled_creation_waits_as_long_as_it_is_told():
    wire = Wire([says(429, {"errorCode": "RATE_LIMITED"}, **{"retry-after": "7"}), says(201, {})])
    wire.atlas().call(op.CREATE_CLUSTER, body={}, project="p")
    assert wire.sleeps == [7.0]


def test_an_error_says_what_was_done_and_what_atlas_said():
    error = failure(
        Wire([refused(409, "DUPLICATE_CLUSTER_NAME", "taken.")]), op.CREATE_CLUSTER, {"name": "c"}, project="p"
    )
    assert str(error) == "creating cluster c: Atlas answered 409 DUPLICATE_CLUSTER_NAME: taken."
    assert (error.status, error.code, error.detail) == (409, "DUPLICATE_CLUSTER_NAME", "taken.")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (refused(401, "UNAUTHORIZED"), "MONGODB_ATLAS_CLIENT_ID and MONGODB_ATLAS_CLIENT_SECRET"),
        (refused(401, "NOT_IN_GROUP"), "has a role in that project"),
        (refused(403, "IP_ADDRESS_NOT_ON_ACCESS_LIST"), "API access list of the service account"),
        (refused(403, "ORG_REQUIRES_ACCESS_LIST"), "API access list of the service account"),
        (refused(403, "USER_UNAUTHORIZED"), "Project Owner"),
        (refused(402, "NO_PAYMENT_INFORMATION_FOUND"), "payment method"),
        (refused(406, "INVALID_VERSION_DATE"), "update the collection"),
        (refused(410, "VERSION_GONE"), "update the collection"),
        (refused(429, "RATE_LIMITED"), r"after 6 tries.*by the minute"),
        (refused(503, "SERVICE_UNAVAILABLE"), "status.mongodb.com"),
        (
            Response(302, {"location": "https://proxy.example/login?token=geheim"}),
            "redirect to https://proxy.example/login",
        ),
        (Response(407, {}, b"<html>geheim"), "HTTPS_PROXY"),
        (Response(200, {}, b"<html>geheim"), "not JSON.*MONGODB_ATLAS_BASE_URL"),
        (Response(400, {}, b"[1]"), "Atlas answered 400"),
        (
            UnansweredError("tls", "self-signed", sent=False, passing=False),
            "trusted TLS connection to cloud.mongodb.com.*SSL_CERT_FILE",
        ),
        (UnansweredError("dns", "not known", sent=False, passing=False), "could not be looked up.*HTTPS_PROXY"),
        (
            UnansweredError("proxy", "407", sent=False, proxy="p:1", passing=False),
            "proxy p:1.*HTTPS_PROXY and NO_PROXY",
        ),
        (UnansweredError("refused", "refused", sent=False), "cloud.mongodb.com refused the connection"),
        (UnansweredError("refused", "refused", sent=False, proxy="p:1"), "p:1 refused the connection"),
        (UnansweredError("timeout", "no answer", sent=True), "did not answer in time"),
        (UnansweredError("lost", "reset", sent=True), r"broke \(reset\)\. .*run the same command again"),
    ],
)
def test_each_refusal_comes_with_what_to_try_and_is_never_absent(answer, said):
    error = failure(Wire([answer]))
    assert str(error).startswith("reading cluster calstack-dev: ")
    assert error.status != 404
    assert "geheim" not in str(error)
    assert re.search(said, str(error))


def test_a_refused_login_is_not_the_operations_fault():
    def refuse(_request):
        return says(401, {"error": "invalid_client", "error_description": f"bad secret {SECRET}"})

    with pytest.raises(AtlasError) as caught:
        Atlas(BASE, ACCOUNT, opener=refuse).call(op.GET_CLUSTER, project="p", name="c")
    assert str(caught.value).startswith(
        "logging in to Atlas with MONGODB_ATLAS_CLIENT_ID: Atlas answered 401 invalid_client: bad secret ********. "
    )
    assert "MONGODB_ATLAS_CLIENT_SECRET" in str(caught.value)


def test_a_login_without_a_token_is_an_error():
    with pytest.raises(AtlasError, match="holds no token"):
        Atlas(BASE, ACCOUNT, opener=lambda _request: says(200, {})).call(op.GET_CLUSTER, project="p", name="c")


@pytest.mark.parametrize(
    "shape", [str, lambda text: quote(text, safe=""), lambda text: base64.b64encode(text.encode()).decode()]
)
def test_no_secret_that_atlas_repeats_shows(shape):
    password = "pässword/+geheim"
    everything = " ".join(shape(text) for text in (SECRET, password, "token-geheim-1", "short"))
    wire = Wire([refused(400, "INVALID_ATTRIBUTE", f"cannot take {everything}")])
    error = failure(wire, op.CREATE_DATABASE_USER, {"username": "a", "password": password}, project="p")
    for secret in (SECRET, password, "token-geheim-1"):
        assert shape(secret) not in str(error) + error.detail + repr(error)
        assert shape(secret) in wire.hidden


def test_nothing_secret_is_in_a_repr():
    wire = Wire()
    atlas = wire.atlas()
    atlas.call(op.CREATE_DATABASE_USER, body={"password": "geheimgeheim"}, project="p")
    assert "geheim" not in "".join(map(repr, [*wire.asked, wire.login, atlas, ACCOUNT]))
