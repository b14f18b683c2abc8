"""A cluster of the lab's Atlas is a real server, with the users it should have and no others."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import atlas_lab
import pymongo
import pytest
from atlas_lab import AtlasLab
from pymongo.errors import OperationFailure, PyMongoError

from lab.process import Identity, members

Client = pymongo.MongoClient[dict[str, Any]]
PASSWORD = "p@ss:w/ord1"
LATER = 10.0


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AtlasLab]:
    with atlas_lab.atlas_lab(tmp_path_factory.mktemp("atlas"), servers=True) as lab:
        yield lab


@pytest.fixture(scope="module")
def project(lab: AtlasLab) -> str:
    """With two clusters, which start side by side, and a user who was there before they were."""
    path = lab.project()
    lab.make(f"{path}/databaseUsers", atlas_lab.user("early"))
    lab.make(f"{path}/clusters", atlas_lab.dedicated("main"))
    lab.make(f"{path}/flexClusters", atlas_lab.flex("other"))
    lab.idle(f"{path}/clusters/main")
    lab.idle(f"{path}/flexClusters/other")
    return path


def uri(lab: AtlasLab, cluster: str, name: str, password: str = PASSWORD) -> str:
    standard: str = lab.get(cluster)["connectionStrings"]["standard"]
    return standard.replace("://", f"://{quote(name, safe='')}:{quote(password, safe='')}@")


def can(address: str, database: str = "shop", *, write: bool = True) -> bool:
    """Whether somebody gets in and may write (or read)."""
    try:
        with Client(address, serverSelectionTimeoutMS=3000) as client:
            client[database]["events"].insert_one({}) if write else client[database]["events"].find_one()
    except OperationFailure:
        return False
    return True


def soon(good: Callable[[], bool]) -> bool:
    """Atlas's servers know of a change a moment after its API does."""
    deadline = time.monotonic() + LATER
    while not good():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_a_user_from_before_the_cluster_can_log_in_when_it_is_idle(lab: AtlasLab, project: str) -> None:
    for cluster in (f"{project}/clusters/main", f"{project}/flexClusters/other"):
        assert can(uri(lab, cluster, "early"))
        assert not can(uri(lab, cluster, "early", "wrong"))
        assert not can(uri(lab, cluster, "early"), "another")


def test_it_is_reached_by_privatelink_at_another_address(lab: AtlasLab, project: str) -> None:
    public = uri(lab, f"{project}/clusters/main", "early")
    private = public.replace(f"{atlas_lab.NETWORK}.0.", f"{atlas_lab.NETWORK}.3.").split("&replicaSet")[0]
    assert private != public
    assert can(private + "&directConnection=true")


def test_it_is_a_replica_set_with_the_labs_certificate(lab: AtlasLab, project: str) -> None:
    address = uri(lab, f"{project}/clusters/main", "early")
    with Client(address, serverSelectionTimeoutMS=3000) as client:
        assert client.admin.command("hello")["setName"].startswith("atlas-")
    with pytest.raises(PyMongoError), Client(address.split("&tlsCAFile")[0], serverSelectionTimeoutMS=300) as client:
        client.admin.command("ping")


def test_a_password_and_roles_can_be_changed(lab: AtlasLab, project: str) -> None:
    users, main = f"{project}/databaseUsers", f"{project}/clusters/main"
    lab.make(users, atlas_lab.user("changing"))
    old, new = uri(lab, main, "changing"), uri(lab, main, "changing", "another-1%2F")
    assert soon(lambda: can(old))
    lab.ask("PATCH", f"{users}/admin/changing", {"password": "another-1%2F"})
    assert soon(lambda: can(new))
    assert not can(old)
    lab.ask("PATCH", f"{users}/admin/changing", {"roles": [{"roleName": "read", "databaseName": "shop"}]})
    assert soon(lambda: not can(new))
    assert can(new, write=False)
    lab.ask("PATCH", f"{users}/admin/changing", {"roles": [{"roleName": "atlasAdmin", "databaseName": "admin"}]})
    assert soon(lambda: can(new, "anything"))


def test_a_deleted_user_is_out_at_once(lab: AtlasLab, project: str) -> None:
    users, main = f"{project}/databaseUsers", f"{project}/clusters/main"
    lab.make(users, atlas_lab.user("leaving"))
    address = uri(lab, main, "leaving")
    assert soon(lambda: can(address))
    with Client(address, serverSelectionTimeoutMS=3000) as client:
        client["shop"]["events"].find_one()
        lab.ask("DELETE", f"{users}/admin/leaving")

        def refused() -> bool:
            try:
                client["shop"]["events"].find_one()
            except OperationFailure as error:
                return error.code == 13
            return False

        assert soon(refused)
    assert not can(address)
    lab.make(users, atlas_lab.user("leaving"))
    assert soon(lambda: can(address))


def test_scopes_keep_a_user_to_some_clusters(lab: AtlasLab, project: str) -> None:
    scopes = [{"name": "main", "type": "CLUSTER"}]
    lab.make(f"{project}/databaseUsers", atlas_lab.user("scoped", scopes=scopes))
    assert soon(lambda: can(uri(lab, f"{project}/clusters/main", "scoped")))
    assert not can(uri(lab, f"{project}/flexClusters/other", "scoped"))


def test_no_password_is_in_a_log_or_a_command_line(lab: AtlasLab, project: str) -> None:
    assert can(uri(lab, f"{project}/clusters/main", "early"))
    for text in (PASSWORD, quote(PASSWORD, safe="")):
        holders = [
            path for path in lab.settings.home.rglob("*.*") if path.is_file() and text in path.read_text("latin-1")
        ]
        assert [path for path in holders if path.suffix in (".log", ".jsonl")] == []
        assert all(path.stat().st_mode & 0o077 == 0 for path in holders)
        for record in (lab.settings.run / "processes").iterdir():
            assert text not in Path(f"/proc/{record.name}/cmdline").read_text()
            assert text not in Path(f"/proc/{record.name}/environ").read_text()


def test_a_deleted_cluster_leaves_no_process_and_no_file(lab: AtlasLab) -> None:
    path = lab.project()
    lab.make(f"{path}/clusters", atlas_lab.free("brief"))
    lab.idle(f"{path}/clusters/brief")
    leader = process(lab, "cluster-brief")
    folder = lab.settings.run / "atlas" / lab.get(f"{path}/clusters/brief")["id"]
    assert folder.exists()
    lab.ask("DELETE", f"{path}/clusters/brief")
    assert soon(lambda: not members(leader) and not folder.exists())


def test_a_server_that_dies_is_trouble_until_its_cluster_is_deleted(lab: AtlasLab) -> None:
    path = lab.project()
    lab.make(f"{path}/clusters", atlas_lab.free("doomed"))
    lab.idle(f"{path}/clusters/doomed")
    assert lab.part.trouble() is None
    os.kill(process(lab, "cluster-doomed").pid, signal.SIGKILL)
    assert soon(lambda: "cluster-doomed exited with 137" in (lab.part.trouble() or ""))
    lab.ask("DELETE", f"{path}/clusters/doomed")
    assert soon(lambda: lab.part.trouble() is None)


def process(lab: AtlasLab, name: str) -> Identity:
    for record in (lab.settings.run / "processes").iterdir():
        text = record.read_text()
        if text.split()[2] == name:
            return Identity.parse(text)
    raise AssertionError(f"no process {name}")
