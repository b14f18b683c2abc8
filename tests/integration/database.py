"""The environment's Atlas and its connection secret, as they are, read by nothing of the collection."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pymongo
from pymongo.errors import PyMongoError

from lab.atlas import credentials
from tests.integration.laboratory import Laboratory

STAGES = ("AWSCURRENT", "AWSPREVIOUS", "AWSPENDING", "calstack-migration-source")
VERSION = "application/vnd.atlas.2024-11-13+json"


@dataclass(frozen=True)
class Environment:
    laboratory: Laboratory
    name: str = "local"

    @property
    def stack(self) -> str:
        return f"calstack-{self.name}"

    @property
    def secret(self) -> str:
        return f"calstack/{self.name}/database"

    def uri(self, stage: str = "AWSCURRENT") -> str:
        """The connection string with this label, or "" where there is none."""
        client = self.laboratory.client("secretsmanager")
        try:
            value = client.get_secret_value(SecretId=self.secret, VersionStage=stage)["SecretString"]
        except client.exceptions.ResourceNotFoundException:
            return ""
        return str(json.loads(value)["MONGO_URI"])

    def uris(self) -> set[str]:
        """All that have a label."""
        return {self.uri(stage) for stage in STAGES} - {""}

    def users(self) -> list[str]:
        return sorted(user["username"] for user in self.atlas(f"/groups/{self.project()}/databaseUsers")["results"])

    def project(self) -> str:
        return str(self.atlas(f"/groups/byName/{self.stack}")["id"])

    def atlas(self, path: str) -> Any:
        """What Atlas answers to a GET."""
        with httpx.Client(base_url=self.laboratory.settings.atlas_endpoint, timeout=10, trust_env=False) as client:
            account = (credentials.CLIENT_ID, credentials.CLIENT_SECRET)
            token = client.post("/api/oauth/token", auth=account, data={"grant_type": "client_credentials"}).json()
            headers = {"Accept": VERSION, "Authorization": f"Bearer {token['access_token']}"}
            return client.get(f"/api/atlas/v2{path}", headers=headers).raise_for_status().json()

    def calls(self) -> list[dict[str, Any]]:
        """Every call that Atlas has answered, oldest first."""
        complete, _, _ = (self.laboratory.settings.logs / "atlas-calls.jsonl").read_text().rpartition("\n")
        return [json.loads(line) for line in complete.splitlines()]

    def writes(self) -> list[str]:
        """The operations of all writing calls, oldest first."""
        return [call["operation"] for call in self.calls() if call["writes"]]

    def writes_anywhere(self) -> int:
        """How often something was asked to change, at Atlas or AWS."""
        return len(self.writes()) + len(self.laboratory.writes_since(0))


@contextmanager
def documents(uri: str) -> Iterator[pymongo.MongoClient[dict[str, Any]]]:
    with pymongo.MongoClient(uri, serverSelectionTimeoutMS=5000) as client:
        yield client


def lets_in(uri: str) -> bool:
    """Whether the user of `uri` may use the application's database."""
    try:
        with documents(uri) as client:
            client["calstack"]["events"].find_one()
    except PyMongoError:
        return False
    return True
