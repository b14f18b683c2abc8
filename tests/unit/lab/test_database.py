import os
import signal
import socket
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pymongo
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymongo.errors import OperationFailure, PyMongoError
from pymongo.uri_parser import parse_uri

from lab.ca import LocalCa, directory
from lab.database import Account, DatabasePart, uri
from lab.part import LabError
from lab.process import identify, members
from lab.settings import Settings

Client = pymongo.MongoClient[dict[str, Any]]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("lab")
    return Settings(home=home, network="127.82", cache=home / "cache")


@pytest.fixture(scope="module")
def part(settings: Settings) -> Iterator[DatabasePart]:
    part = DatabasePart(settings, LocalCa(settings))
    part.start()
    yield part
    part.stop()


def pid(settings: Settings) -> int:
    records = [path for path in (settings.run / "processes").iterdir() if "database" in path.read_text()]
    return int(records[0].name)


@pytest.mark.usefixtures("part")
def test_the_application_writes_and_reads_its_database(settings: Settings) -> None:
    with Client(uri(settings)) as client:
        written = client["calstack"]["events"].insert_one({"number": 1})
        assert written.acknowledged
        assert client["calstack"]["events"].find_one({"_id": written.inserted_id}) == {
            "_id": written.inserted_id,
            "number": 1,
        }


@pytest.mark.usefixtures("part")
def test_it_may_do_nothing_else(settings: Settings) -> None:
    with Client(uri(settings)) as client:
        for forbidden in (
            lambda: client["other"]["events"].insert_one({}),
            lambda: client["calstack"].command("createUser", "eve", pwd="x", roles=["root"]),
            lambda: client["admin"]["system.users"].find_one(),
        ):
            with pytest.raises(OperationFailure, match="not authorized"):
                forbidden()


@pytest.mark.usefixtures("part")
@pytest.mark.parametrize("change", ["password", "no user", "no TLS", "another authority"])
def test_nobody_else_gets_in(settings: Settings, change: str) -> None:
    good = uri(settings)
    account = Account.read(settings)
    bad = {
        "password": good.replace(account.password, "wrong"),
        "no user": good.replace(f"{account.user}:{account.password}@", "").replace("&authMechanism=SCRAM-SHA-256", ""),
        "no TLS": good.replace("tls=true", "tls=false").replace("&tlsCAFile", "&appName"),
        "another authority": good.split("&tlsCAFile")[0],
    }[change]
    with pytest.raises(PyMongoError), Client(bad, serverSelectionTimeoutMS=300) as client:
        client["calstack"]["events"].find_one()


def test_the_password_is_in_no_command_line_and_no_log(settings: Settings, part: DatabasePart) -> None:
    password = Account.read(settings).password
    assert len(password) >= 24
    assert password not in Path(f"/proc/{pid(settings)}/cmdline").read_text()
    assert password not in Path(f"/proc/{pid(settings)}/environ").read_text()
    assert password not in part.log.read_text()
    holders = [path for path in settings.home.rglob("*") if path.is_file() and password.encode() in path.read_bytes()]
    assert [stat.S_IMODE(path.stat().st_mode) for path in holders] == [0o600]


def test_it_listens_on_its_address_only(settings: Settings, part: DatabasePart) -> None:
    host, port = settings.database_address
    assert part.trouble() is None
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)
    socket.create_connection((host, port), timeout=1).close()


def test_a_death_is_trouble_and_nothing_is_left_after_stop(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, network="127.83", cache=tmp_path / "cache")
    part = DatabasePart(settings, LocalCa(settings))
    part.start()
    try:
        leader = identify(pid(settings))
        assert leader
        os.kill(leader.pid, signal.SIGKILL)
        deadline = time.monotonic() + 5
        while (trouble := part.trouble()) is None and time.monotonic() < deadline:
            time.sleep(0.01)
        assert trouble
        assert trouble.startswith("the database exited with 137: ")
    finally:
        part.stop()
    assert members(leader) == []
    left = [path for path in settings.run.rglob("*") if path.is_file() and directory(settings) not in path.parents]
    assert left == []
    with pytest.raises(LabError, match="the lab's database is not up"):
        uri(settings)


def test_an_address_in_use_is_named(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, network="127.84", cache=tmp_path / "cache")
    with (
        socket.create_server(settings.database_address),
        pytest.raises(LabError, match=r"something else listens on 127\.84\.0\.3:27017"),
    ):
        DatabasePart(settings, LocalCa(settings)).start()


def test_a_server_that_does_not_come_up_is_told_with_its_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(home=tmp_path, network="127.84", cache=tmp_path / "cache")
    monkeypatch.setattr("lab.database.SERVER", tmp_path / "absent.py")
    part = DatabasePart(settings, LocalCa(settings))
    with pytest.raises(LabError, match=r"the database exited with 2: .*database\.log"):
        part.start()
    part.stop()


@given(st.text(min_size=1).filter(lambda text: text.isprintable()))
def test_any_password_survives_the_connection_string(password: str) -> None:
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(home=Path(home), network="127.82", cache=Path(home))
        Account("127.82.0.3", 27017, "", "us/er@:", password, "calstack", "", "").write(settings)
        found = parse_uri(uri(settings), validate=False)
    assert (found["username"], found["password"]) == ("us/er@:", password)
    assert found["nodelist"] == [("127.82.0.3", 27017)]
