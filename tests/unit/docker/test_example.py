"""The example application against a real MongoDB protocol server."""

import importlib.util
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pymongo
import pytest
from flask.testing import FlaskClient
from secantus.server import SecantusDBServer

from lab.settings import CHECKOUT

EXAMPLE = CHECKOUT / "docker" / "example"
VARIABLES = {
    "FLASK_SECRET_KEY": "k" * 40,
    "APP_VERSION": "1.2.3",
    "APP_COLOUR": "green",
    "OAUTH2_REDIRECT_URI": "https://app.example/oauth2callback",
    "MS_OUTLOOK_REDIRECT_URI": "https://app.example/oauth2callback/outlook",
    "MS_CLIENT_ID": "microsoft-client",
    "MS_CLIENT_SECRET": "hunter2",
    "AZURE_DIRECTORY_ID": "tenant-1",
}


@pytest.fixture(scope="module")
def mongo_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with SecantusDBServer(storage_path=str(tmp_path_factory.mktemp("mongo"))) as server:
        yield server.uri


def load(directory: Path, monkeypatch: pytest.MonkeyPatch, **variables: str) -> ModuleType:
    """Import the application in a working directory, with the environment of a task."""
    for name, value in {**VARIABLES, **variables}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(directory)
    return import_application(monkeypatch)


def import_application(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("example_app", EXAMPLE / "app.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)  # where Flask looks for the folder of its templates
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "client_secret.json").write_text(json.dumps({"web": {"client_id": "google-client"}}))
    return tmp_path


@pytest.fixture
def client(directory: Path, mongo_uri: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlaskClient]:
    module = load(directory, monkeypatch, MONGO_URI=mongo_uri)
    yield module.app.test_client()
    module.database.client.drop_database("calstack")
    module.database.client.close()


@pytest.fixture
def without_database(directory: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlaskClient]:
    """With the address of nobody: port 9 is `discard`, which no machine of today serves."""
    module = load(directory, monkeypatch, MONGO_URI="mongodb://user:hunter2@127.0.0.1:9/")
    monkeypatch.setattr(module, "DATABASE_SECONDS", 0.1)
    yield module.app.test_client()
    module.database.client.close()


def test_the_page_needs_no_database_and_tells_who_answers(without_database: FlaskClient) -> None:
    answer = without_database.get("/", headers={"User-Agent": "ELB-HealthChecker/2.0"})
    assert answer.status_code == 200
    assert "version <strong>1.2.3</strong>" in answer.text
    assert "colour <strong>green</strong>" in answer.text
    assert answer.headers["X-App-Version"] == "1.2.3"
    assert answer.headers["X-App-Colour"] == "green"


def test_the_address_is_the_one_the_request_came_to(without_database: FlaskClient) -> None:
    class Connection:
        def getsockname(self) -> tuple[str, int]:
            return "127.80.16.7", 5000

    answer = without_database.get("/", environ_overrides={"gunicorn.socket": Connection()})
    assert "task <strong>127.80.16.7</strong>" in answer.text


@pytest.mark.parametrize(("method", "path"), [("get", "/api/events"), ("post", "/api/events"), ("get", "/status")])
def test_without_a_database_it_says_so_and_no_secret(without_database: FlaskClient, method: str, path: str) -> None:
    answer = without_database.open(path, method=method.upper(), json={} if method == "post" else None)
    assert answer.status_code == 503
    assert "the database does not answer" in answer.text.lower()
    assert "hunter2" not in answer.text
    assert answer.headers["X-App-Version"] == "1.2.3"


def test_what_is_written_is_read_back(client: FlaskClient) -> None:
    sent = [{"number": number, "nested": {"list": [1, "zwei"]}} for number in range(3)]
    answers = [client.post("/api/events", json=data) for data in sent]
    assert [answer.status_code for answer in answers] == [201] * 3
    identifiers = [answer.json["id"] for answer in answers if answer.json]
    for identifier, data, answer in zip(identifiers, sent, answers, strict=True):
        found: Any = client.get(answer.headers["Location"]).json
        assert found["id"] == identifier
        assert found["data"] == data
        assert (found["version"], found["colour"]) == ("1.2.3", "green")
    assert client.get("/api/events/count").json == {"count": 3}
    listed: Any = client.get("/api/events?limit=2").json
    assert [event["id"] for event in listed["events"]] == identifiers[:0:-1]


def test_writes_into_the_database_that_the_code_names(client: FlaskClient, mongo_uri: str) -> None:
    client.post("/api/events", json={"number": 7})
    with pymongo.MongoClient[dict[str, Any]](mongo_uri) as other:
        assert [event["data"] for event in other["calstack"]["events"].find()] == [{"number": 7}]


@pytest.mark.parametrize(
    ("path", "status"), [("/api/events/nonsense", 404), (f"/api/events/{'0' * 24}", 404), ("/slow?ms=-1", 400)]
)
def test_bad_requests(client: FlaskClient, path: str, status: int) -> None:
    assert client.get(path).status_code == status


@pytest.mark.parametrize("body", ["[1]", "{broken", '"text"'])
def test_refuses_what_is_no_object(client: FlaskClient, body: str) -> None:
    answer = client.post("/api/events", data=body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json
    assert answer.json["error"]
    assert client.get("/api/events/count").json == {"count": 0}


def test_status_counts_in_the_database_and_shows_names_of_variables_only(client: FlaskClient) -> None:
    client.post("/api/events", json={})
    pages = [client.get("/status").text for _ in range(2)]
    assert [re.findall(r"<b>(\d+)</b>", page) for page in pages] == [["1", "1"], ["1", "2"]]
    assert '<li class="given"><code>MS_CLIENT_SECRET</code> set</li>' in pages[0]
    assert '<li class="missing"><code>SENDGRID_API_KEY</code> not set</li>' in pages[0]
    assert "hunter2" not in pages[0]


@pytest.mark.parametrize(
    ("path", "host", "client_id", "redirect_uri"),
    [
        ("/login/google", "accounts.google.com", "google-client", VARIABLES["OAUTH2_REDIRECT_URI"]),
        ("/login/microsoft", "login.microsoftonline.com", "microsoft-client", VARIABLES["MS_OUTLOOK_REDIRECT_URI"]),
    ],
)
def test_login_goes_to_the_provider(
    client: FlaskClient, path: str, host: str, client_id: str, redirect_uri: str
) -> None:
    there = urlsplit(client.get(path).headers["Location"])
    query = parse_qs(there.query)
    assert there.hostname == host
    assert (query["client_id"], query["redirect_uri"]) == ([client_id], [redirect_uri])


def test_the_session_holds_from_one_task_to_another_with_the_same_key(
    client: FlaskClient, directory: Path, mongo_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blue sends away, green takes back: what a release must not break."""
    away = client.get("/login/google")
    state = parse_qs(urlsplit(away.headers["Location"]).query)["state"][0]
    cookie = client.get_cookie("session")
    assert cookie

    def back(key: str) -> int:
        other = load(directory, monkeypatch, MONGO_URI=mongo_uri, FLASK_SECRET_KEY=key)
        browser = other.app.test_client()
        browser.set_cookie("session", cookie.value)
        try:
            return int(browser.get(f"/oauth2callback?state={state}").status_code)
        finally:
            other.database.client.close()

    assert back("k" * 40) == 200
    assert back("x" * 40) == 400


def test_static_files(without_database: FlaskClient) -> None:
    assert without_database.get("/static/style.css").status_code == 200


@pytest.mark.parametrize("missing", ["MONGO_URI", "FLASK_SECRET_KEY"])
def test_needs_its_variables(directory: Path, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.setenv("MONGO_URI", "mongodb://127.0.0.1:9/")
    monkeypatch.setenv("FLASK_SECRET_KEY", "k" * 40)
    monkeypatch.delenv(missing)
    monkeypatch.chdir(directory)
    with pytest.raises(KeyError, match=missing):
        import_application(monkeypatch)


def test_needs_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FileNotFoundError, match=r"client_secret\.json"):
        load(tmp_path, monkeypatch, MONGO_URI="mongodb://127.0.0.1:9/")


def test_starts_where_tmp_cannot_be_written(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(directory / "absent"))
    load(directory, monkeypatch, MONGO_URI="mongodb://127.0.0.1:9/").database.client.close()
