"""Who may call the lab's Atlas, in which version, and what a call is answered when it goes wrong."""

import json
from collections.abc import Iterator

import atlas_lab
import httpx
import pytest
from atlas_lab import AtlasLab

from lab import api_faults
from lab.atlas import credentials

ACCEPT = {"Accept": "application/vnd.atlas.2024-11-13+json"}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AtlasLab]:
    with atlas_lab.atlas_lab(tmp_path_factory.mktemp("atlas")) as lab:
        yield lab


def calls(lab: AtlasLab) -> list[dict[str, object]]:
    text = (lab.settings.logs / "atlas-calls.jsonl").read_text()
    assert credentials.CLIENT_SECRET not in text
    return [json.loads(line) for line in text.splitlines()]


def test_a_service_account_gets_a_token_for_an_hour(lab: AtlasLab) -> None:
    answer = lab.token().json()
    assert (answer["expires_in"], answer["token_type"]) == (3600, "Bearer")
    headers = {**ACCEPT, "Authorization": f"Bearer {answer['access_token']}"}
    assert lab.send("GET", "/orgs", headers=headers).json()["results"][0]["id"] == credentials.ORGANIZATION


@pytest.mark.parametrize(("client", "secret"), [("other", credentials.CLIENT_SECRET), (credentials.CLIENT_ID, "wrong")])
def test_another_service_account_gets_none(lab: AtlasLab, client: str, secret: str) -> None:
    answer = lab.token(client, secret)
    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_client"


@pytest.mark.parametrize("authorization", ["", "Bearer unknown", "Basic eDp5", "Digest nonsense"])
def test_other_credentials_are_challenged(lab: AtlasLab, authorization: str) -> None:
    answer = lab.send("GET", "/orgs", headers={**ACCEPT, "Authorization": authorization})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith('Digest realm="MMS Public API"')
    assert answer.json()["error"] == 401


def test_an_api_key_by_digest(lab: AtlasLab) -> None:
    good = httpx.DigestAuth(credentials.PUBLIC_KEY, credentials.PRIVATE_KEY)
    wrong = httpx.DigestAuth(credentials.PUBLIC_KEY, "wrong")
    assert lab.send("GET", "/orgs?pageNum=1", headers=ACCEPT, auth=good).status_code == 200
    assert lab.send("GET", "/orgs?pageNum=1", headers=ACCEPT, auth=wrong).status_code == 401
    assert lab.ask("GET", "/orgs").status_code == 200


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/vnd.atlas.soon+json", "2024-99-99"])
def test_a_call_without_a_version_is_not_acceptable(lab: AtlasLab, accept: str) -> None:
    headers = {"Accept": accept, "Authorization": f"Bearer {lab.token().json()['access_token']}"}
    answer = lab.send("GET", "/orgs", headers=headers)
    assert (answer.status_code, answer.json()["errorCode"]) == (406, "INVALID_VERSION_DATE")


def test_versions_after_their_sunset_are_gone(lab: AtlasLab) -> None:
    path = f"{lab.project()}/clusters"
    assert lab.ask("GET", path, version="2024-08-05").status_code == 200
    gone = lab.ask("GET", path, version="2023-02-01")
    assert (gone.status_code, gone.json()["errorCode"]) == (410, "VERSION_GONE")
    assert lab.ask("GET", path, version="2022-01-01").status_code == 406


def test_an_answer_has_the_newest_version_up_to_the_one_asked_for(lab: AtlasLab) -> None:
    answer = lab.ask("GET", "/orgs", version="2025-03-12")
    assert answer.headers["Content-Type"] == "application/vnd.atlas.2023-01-01+json;charset=utf-8"


def test_pages(lab: AtlasLab) -> None:
    path = f"{lab.project()}/databaseUsers"
    names = {f"user-{number}" for number in range(5)}
    for name in names:
        lab.make(path, atlas_lab.user(name))
    seen = [lab.ask("GET", path, pageNum=number, itemsPerPage=2).json() for number in (1, 2, 3)]
    assert {user["username"] for page in seen for user in page["results"]} == names
    assert [len(page["results"]) for page in seen] == [2, 2, 1]
    assert {page["totalCount"] for page in seen} == {5}
    assert [[link["rel"] for link in page["links"]] for page in seen] == [
        ["self", "next"],
        ["self", "previous", "next"],
        ["self", "previous"],
    ]
    for query in ({"itemsPerPage": 501}, {"itemsPerPage": 0}, {"pageNum": 0}, {"pageNum": "x"}):
        assert lab.ask("GET", path, **query).status_code == 400


def test_what_the_api_has_not(lab: AtlasLab) -> None:
    assert lab.code("GET", "/nothing") == (404, "RESOURCE_NOT_FOUND")
    assert lab.code("GET", "/groups/64b1c0d2e3f4051627384900") == (404, "GROUP_NOT_FOUND")
    assert lab.code("GET", "/groups/64b1c0d2e3f4051627384900/clusters") == (404, "GROUP_NOT_FOUND")
    assert lab.code("POST", "/groups", []) == (400, "MALFORMED_JSON")


def test_a_body_of_an_odd_form_is_an_error_in_atlass_form(lab: AtlasLab) -> None:
    odd = atlas_lab.user(scopes=["main"])
    assert lab.code("POST", f"{lab.project()}/databaseUsers", odd) == (500, "UNEXPECTED_ERROR")


@pytest.mark.parametrize(
    ("mode", "status", "code"),
    [
        ("throttle", 429, "RATE_LIMITED"),
        ("refuse", 403, "USER_UNAUTHORIZED"),
        ("error", 500, "UNEXPECTED_ERROR"),
        ("gone", 410, "VERSION_GONE"),
    ],
)
def test_faults_that_answer(lab: AtlasLab, mode: str, status: int, code: str) -> None:
    path = lab.project()
    api_faults.inject(lab.settings, "atlas", "createDatabaseUser", mode, times=1)
    answer = lab.ask("POST", f"{path}/databaseUsers", atlas_lab.user())
    assert (answer.status_code, answer.json()["errorCode"]) == (status, code)
    assert answer.headers.get("Retry-After") == ("1" if status == 429 else None)
    assert lab.get(f"{path}/databaseUsers")["results"] == []
    assert [call["status"] for call in calls(lab) if call.get("fault") == mode] == [status]
    lab.make(f"{path}/databaseUsers", atlas_lab.user())


@pytest.mark.parametrize(("mode", "made"), [("down", 0), ("lost", 1)])
def test_faults_without_an_answer(lab: AtlasLab, mode: str, made: int) -> None:
    path = lab.project()
    api_faults.inject(lab.settings, "atlas", "create*User", mode, times=1)
    with pytest.raises(httpx.HTTPError):
        lab.ask("POST", f"{path}/databaseUsers", atlas_lab.user())
    assert lab.get(f"{path}/databaseUsers")["totalCount"] == made
    assert [call["status"] for call in calls(lab) if call.get("fault") == mode] == [0]


def test_faults_of_the_token(lab: AtlasLab) -> None:
    api_faults.inject(lab.settings, "atlas", "createToken", "error", times=1)
    assert lab.token().status_code == 500
    assert lab.token().status_code == 200


def test_the_log_of_calls(lab: AtlasLab) -> None:
    path = lab.project()
    lab.ask("GET", f"{path}/clusters", pageNum=1)
    made, listed = calls(lab)[-2:]
    assert (made["method"], made["path"], made["operation"], made["status"], made["writes"]) == (
        "POST",
        "/api/atlas/v2/groups",
        "createProject",
        201,
        True,
    )
    assert (listed["operation"], listed["path"], listed["writes"]) == (
        "listClusters",
        f"/api/atlas/v2{path}/clusters",
        False,
    )
    assert set(made) == {"time", "ms", "method", "path", "operation", "status", "writes"}
