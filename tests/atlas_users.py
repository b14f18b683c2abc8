"""Atlas in memory, as far as the connection secret asks it: one project, one cluster, its users. Dies on demand."""

from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._atlas import operations as op
from ansible_collections.calstack.aws.plugins.module_utils._atlas.errors import AtlasError

PROJECT = {"id": "5e2211c17a3e5a48f5497de3", "name": "calstack-dev"}
CLUSTER = {
    "id": "c1",
    "name": "calstack-dev",
    "stateName": "IDLE",
    "clusterType": "REPLICASET",
    "replicationSpecs": [{"regionConfigs": [{"electableSpecs": {"instanceSize": "M10", "nodeCount": 3}}]}],
    "connectionStrings": {
        "standard": "mongodb://c-00.ab1cd.mongodb.net:27017/?ssl=true&authSource=admin&replicaSet=atlas-x-shard-0",
        "standardSrv": "mongodb+srv://calstack-dev.ab1cd.mongodb.net",
    },
}


class Atlas:
    """`writes` are the operations that changed something; it enriches and reorders what it answers, as Atlas does."""

    def __init__(self, cluster: Any = CLUSTER, *, has_project: bool = True) -> None:
        self.cluster = cluster
        self.has_project = has_project
        self.users: dict[tuple[str, str], dict[str, Any]] = {}
        self.writes: list[str] = []
        self.before_write = lambda name: None

    def call(self, operation: Any, *, body: Any = None, query: Any = None, **path: str) -> Any:
        if operation in (op.GET_PROJECT, op.GET_PROJECT_BY_NAME):
            return PROJECT if self.has_project else self._absent("GROUP_NAME_NOT_FOUND")
        assert path.pop("project") == PROJECT["id"]
        if operation in (op.GET_CLUSTER, op.GET_FLEX_CLUSTER):
            there = self.cluster if operation == op.GET_CLUSTER else None
            return there or self._absent("CLUSTER_NOT_FOUND")
        self.before_write(f"{operation.method} user")
        self.writes.append(operation.method)
        if operation == op.CREATE_DATABASE_USER:
            key = (body["databaseName"], body["username"])
            assert key not in self.users
            assert body.get("awsIAMType") == "ROLE" or len(body["password"]) >= 8
            self.users[key] = {"awsIAMType": "NONE", "labels": [], **body}
            return {}
        key = (path["database"], path["username"])
        if operation == op.UPDATE_DATABASE_USER:
            self.users[key] |= body
            return {}
        assert operation == op.DELETE_DATABASE_USER
        return {} if self.users.pop(key, None) else self._absent("USERNAME_NOT_FOUND")

    def every(self, operation: Any, *, query: Any = None, **path: str) -> Any:
        assert operation == op.LIST_DATABASE_USERS
        return [
            {
                **{key: value for key, value in user.items() if key != "password"},
                "links": [{"rel": "self"}],
                "roles": [{**role} for role in reversed(user["roles"])],
            }
            for user in self.users.values()
        ]

    @staticmethod
    def _absent(code: str) -> Any:
        raise AtlasError("not there", status=404, code=code)

    def password(self, name: str) -> str | None:
        return self.users.get(("admin", name), {}).get("password")
