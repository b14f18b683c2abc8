"""What Atlas's roles are on a server, and what is to be done so that a server has the users it should have (pure)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lab.atlas.world import Cluster, Project


@dataclass(frozen=True)
class Role:
    """`server` is MongoDB's role that stands for it; "" grants nothing here."""

    server: str
    admin_only: bool = False


ROLES = {
    "atlasAdmin": Role("root", admin_only=True),
    "backup": Role("backup", admin_only=True),
    "clusterMonitor": Role("clusterMonitor", admin_only=True),
    "dbAdmin": Role("dbAdmin"),
    "dbAdminAnyDatabase": Role("dbAdminAnyDatabase", admin_only=True),
    "enableSharding": Role("", admin_only=True),
    "read": Role("read"),
    "readAnyDatabase": Role("readAnyDatabase", admin_only=True),
    "readWrite": Role("readWrite"),
    "readWriteAnyDatabase": Role("readWriteAnyDatabase", admin_only=True),
}


@dataclass(frozen=True)
class Login:
    """A user of a server; `roles` are (role, database)."""

    password: str = field(repr=False)
    roles: frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Changes:
    create: Mapping[str, Login]
    update: Mapping[str, Login]
    drop: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.create or self.update or self.drop)


def logins(project: Project, cluster: Cluster, there: Mapping[str, Login], now: float) -> dict[str, Login]:
    """The users the cluster should have by now; who was changed a moment ago is as `there` yet.

    Users of AWS IAM cannot log in here, and a user with scopes is only on the clusters these name.
    """
    wanted = {}
    for (database, name), user in project.users.items():
        scopes = [scope["name"] for scope in user.body["scopes"] if scope["type"] == "CLUSTER"]
        if database != "admin" or user.password is None or (user.body["scopes"] and cluster.name not in scopes):
            continue
        if now >= user.due:
            wanted[name] = Login(user.password, granted(user.body["roles"]))
        elif name in there:
            wanted[name] = there[name]
    return wanted


def granted(roles: Iterable[Mapping[str, str]]) -> frozenset[tuple[str, str]]:
    """A role on a collection is one on its whole database here."""
    pairs = ((ROLES[role["roleName"]].server, role["databaseName"]) for role in roles)
    return frozenset((server, database) for server, database in pairs if server)


def changes(there: Mapping[str, Login], wanted: Mapping[str, Login]) -> Changes:
    return Changes(
        create={name: login for name, login in wanted.items() if name not in there},
        update={name: login for name, login in wanted.items() if name in there and there[name] != login},
        drop=tuple(name for name in there if name not in wanted),
    )
