"""What a server tells of itself, understood."""

import time
from datetime import datetime

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._migrate import server as wiring
from ansible_collections.calstack.aws.plugins.module_utils._migrate.server import Endpoint, Server, connect
from bson.timestamp import Timestamp


class Answers(Server):
    """A server that answers commands from a table."""

    def __init__(self, **answers):
        super().__init__("source", type("Client", (), {"nodes": {("alone", 27017)}}))
        self.answers = answers

    def command(self, database, asked, **more):
        return self.answers[asked if isinstance(asked, str) else next(iter(asked))]


STATUS = {"authInfo": {"authenticatedUsers": [], "authenticatedUserPrivileges": []}}


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York"])
def test_the_servers_clock_does_not_depend_on_this_machines_zone(monkeypatch, zone):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert Answers(hello={"localTime": datetime(1970, 1, 1, 0, 1)}).clock() == 60.0
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("hello", "topology", "hosts"),
    [
        ({"setName": "rs0", "hosts": ["a:1", "b:1"]}, "replica set", {"a:1", "b:1"}),
        ({"msg": "isdbgrid"}, "sharded", {"alone:27017"}),
        ({}, "standalone", {"alone:27017"}),
    ],
)
def test_what_a_server_is(hello, topology, hosts):
    about = Answers(hello=hello, buildInfo={"versionArray": [6, 0, 14, 0]}, connectionStatus=STATUS).about()
    assert (about.topology, about.hosts, about.version_text) == (topology, frozenset(hosts), "6.0.14")
    assert about.privileges is None


def test_what_its_user_may_do():
    status = {"authInfo": {"authenticatedUsers": [{"user": "a"}], "authenticatedUserPrivileges": [{"actions": []}]}}
    about = Answers(hello={}, buildInfo={"versionArray": [6, 0, 14, 0]}, connectionStatus=status).about()
    assert about.privileges == ({"actions": []},)


def test_its_time_comes_with_any_answer():
    assert Answers(ping={"operationTime": Timestamp(5, 1)}).now() == Timestamp(5, 1)
    assert Answers(ping={}, hello={"operationTime": Timestamp(6, 1)}).now() == Timestamp(6, 1)


def test_without_pymongo_it_says_what_to_install(monkeypatch):
    monkeypatch.delattr(wiring, "pymongo")
    with pytest.raises(CalstackError, match="pip install pymongo"):
        connect(Endpoint("source", "mongodb://host/"))
