"""A small stateful Atlas for unit tests: one project, and answers as enriched as the real ones."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_network
from typing import Any
from urllib.parse import unquote, urlsplit

from web_server import says, web_server

PROJECT = "5f1b6b1c2b3c4d5e6f708090"
CLIENT_ID, CLIENT_SECRET = "mdb_sa_id_units", "mdb_sa_sk_units+secret/41"
TOKEN = "eyJ-units-bearer-token-77"

type Answer = tuple[int, Any]


def refused(status: int, code: str, detail: str = "as the test says") -> Answer:
    return status, {"error": status, "errorCode": code, "detail": detail, "reason": "", "parameters": []}


def schedule() -> dict[str, Any]:
    item = {"id": "item-daily", "frequencyType": "daily", "frequencyInterval": 1, "retentionUnit": "days"}
    return {
        "clusterName": "calstack-dev",
        "copySettings": [],
        "links": [],
        "nextSnapshot": "2026-01-01T00:00:00Z",
        "policies": [{"id": "policy-1", "policyItems": [item | {"retentionValue": 7}]}],
        "referenceHourOfDay": 2,
        "referenceMinuteOfHour": 17,
        "restoreWindowDays": 2,
    }


@dataclass
class FakeAtlas:
    """`pending` is how often an entry's status is asked before it is ACTIVE; `scripted` answers come first."""

    projects: list[str] = field(default_factory=lambda: ["calstack-dev"])
    users: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    access: dict[str, dict[str, Any]] = field(default_factory=dict)
    pending: int = 1
    asked_status: dict[str, int] = field(default_factory=dict)
    pending_at_removal: set[str] = field(default_factory=set)
    failing: set[str] = field(default_factory=set)
    schedules: dict[str, dict[str, Any]] = field(default_factory=lambda: {"calstack-dev": schedule()})
    window: dict[str, Any] = field(default_factory=dict)
    scripted: list[tuple[str, Answer]] = field(default_factory=list)
    writes: list[tuple[str, str, Any]] = field(default_factory=list)
    base_url: str = ""

    def answer(self, method: str, path: str, body: Any) -> Answer:
        for number, (pattern, answer) in enumerate(self.scripted):
            if re.search(pattern, f"{method} {path}"):
                del self.scripted[number]
                return answer
        if path == "/api/oauth/token":
            return 200, {"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"}
        if method != "GET":
            self.writes.append((method, path, body))
        parts = [unquote(part) for part in path.removeprefix("/api/atlas/v2/").split("/")]
        if parts[:2] == ["groups", "byName"]:
            return self.project(parts[2] in self.projects, parts[2])
        if parts == ["groups"]:
            return 200, page([{"id": PROJECT, "name": name} for name in self.projects])
        if parts[1] != PROJECT or not self.projects:
            return refused(404, "GROUP_NOT_FOUND")
        if len(parts) == 2:
            return self.project(True, self.projects[0])
        handler = {
            "databaseUsers": self.on_users,
            "accessList": self.on_access,
            "clusters": self.on_schedule,
            "maintenanceWindow": self.on_window,
        }[parts[2]]
        return handler(method, parts[3:], body)

    def project(self, there: bool, name: str) -> Answer:
        return (200, {"id": PROJECT, "name": name, "links": []}) if there else refused(404, "GROUP_NAME_NOT_FOUND")

    def on_users(self, method: str, rest: list[str], body: Any) -> Answer:
        if method == "POST":
            key = (body["databaseName"], body["username"])
            if key in self.users:
                return refused(409, "USER_ALREADY_EXISTS")
            self.users[key] = {"awsIAMType": "NONE", "ldapAuthType": "NONE", "x509Type": "NONE", "scopes": []}
        else:
            key = (rest[0], rest[1])
        if key not in self.users:
            return refused(404, "USERNAME_NOT_FOUND", f"No user with username {key[1]} exists.")
        if method == "DELETE":
            del self.users[key]
            return 204, None
        if method in ("POST", "PATCH"):
            if "password" in body:
                self.passwords[key[1]] = body["password"]
            self.users[key] |= {name: value for name, value in body.items() if name != "password"}
        user = self.users[key]
        return (201 if method == "POST" else 200), {
            **user,
            "groupId": PROJECT,
            "labels": [],
            "links": [],
            "roles": list(reversed(user["roles"])),
            "scopes": list(reversed(user["scopes"])),
        }

    def on_access(self, method: str, rest: list[str], body: Any) -> Answer:
        if method == "POST":
            for item in body:
                self.access[item.get("awsSecurityGroup") or item["cidrBlock"]] = item
            return 201, page([])
        if not rest:
            return 200, page([enriched(item) for item in self.access.values()])
        if rest[0] not in self.access:
            return refused(404, "ATLAS_NETWORK_PERMISSION_ENTRY_NOT_FOUND")
        if method == "DELETE":
            del self.access[rest[0]]
            self.failing.discard(rest[0])
            self.pending_at_removal |= {one for one in self.access if self.asked_status.get(one, 0) <= self.pending}
            return 204, None
        asked = self.asked_status[rest[0]] = self.asked_status.get(rest[0], 0) + 1
        if rest[0] in self.failing:
            return 200, {"STATUS": "FAILED"}
        return 200, {"STATUS": "ACTIVE" if asked > self.pending else "PENDING"}

    def on_schedule(self, method: str, rest: list[str], body: Any) -> Answer:
        if rest[0] not in self.schedules:
            return refused(404, "CLUSTER_NOT_FOUND")
        if method == "PATCH":
            self.schedules[rest[0]] |= body
        return 200, self.schedules[rest[0]]

    def on_window(self, method: str, rest: list[str], body: Any) -> Answer:
        if method == "PATCH":
            self.window = dict(body)
        if method == "DELETE":
            self.window = {}
        none = {} if method == "GET" else None
        return 200, (none if none is None else {"autoDeferOnceEnabled": False, "startASAP": False, **self.window})


def enriched(item: dict[str, Any]) -> dict[str, Any]:
    found = {**item, "groupId": PROJECT, "links": []}
    if "cidrBlock" in item and (network := ip_network(item["cidrBlock"])).num_addresses == 1:
        found["ipAddress"] = str(network.network_address)
    return found


def page(results: list[Any]) -> dict[str, Any]:
    return {"links": [], "results": results, "totalCount": len(results)}


@contextmanager
def fake_atlas() -> Iterator[FakeAtlas]:
    """Served over HTTP on loopback: `base_url` says where."""
    fake = FakeAtlas()
    with web_server() as server:

        def answer(handler: BaseHTTPRequestHandler) -> None:
            sent = server.asked[-1].body
            body = json.loads(sent) if sent[:1] in (b"{", b"[") else None
            status, answered = fake.answer(handler.command, urlsplit(handler.path).path, body)
            says(status, b"" if answered is None else json.dumps(answered).encode())(handler)

        server.answer = answer
        fake.base_url = f"http://{server.address}"
        yield fake


def connection(fake: FakeAtlas) -> dict[str, str]:
    return {"base_url": fake.base_url, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
