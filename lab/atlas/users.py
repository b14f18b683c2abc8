"""Database users. What they may do on a cluster's server is `lab.atlas.grants`."""

import re
from typing import Any

from lab.atlas.errors import RefusedError, invalid, missing
from lab.atlas.grants import ROLES
from lab.atlas.operations import Answer, Operation, Request, page, self_link
from lab.atlas.world import Body, Project, User, World, instant

SHORTEST_PASSWORD = 8
DATABASES = ("admin", "$external")
ARN = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:(user|role)/.+")
ASKED = {
    "awsIAMType",
    "databaseName",
    "deleteAfterDate",
    "description",
    "groupId",
    "labels",
    "ldapAuthType",
    "oidcAuthType",
    "password",
    "roles",
    "scopes",
    "username",
    "x509Type",
}
DEFAULTS: Body = {
    "awsIAMType": "NONE",
    "labels": [],
    "ldapAuthType": "NONE",
    "oidcAuthType": "NONE",
    "roles": [],
    "scopes": [],
    "x509Type": "NONE",
}


def list_database_users(world: World, request: Request) -> Answer:
    project = request.project(world)
    return page(request, [shown(request, project, user) for user in project.users.values()])


def get_database_user(world: World, request: Request) -> Answer:
    project = request.project(world)
    return Answer(200, shown(request, project, find(request, project)))


def create_database_user(world: World, request: Request) -> Answer:
    project, body = request.project(world), request.mapping()
    for name in ("username", "databaseName", "roles"):
        if not body.get(name):
            raise missing(name)
    made = User({**DEFAULTS, **visible(body)}, body.get("password"), world.after("user"), ends(body))
    check(made, body)
    if made.key in project.users:
        name = made.body["username"]
        raise RefusedError(409, "USER_ALREADY_EXISTS", f"A user with username {name} already exists.", name)
    project.users[made.key] = made
    return Answer(201, shown(request, project, made))


def update_database_user(world: World, request: Request) -> Answer:
    project, body = request.project(world), request.mapping()
    user = find(request, project)
    if (body.get("databaseName", user.key[0]), body.get("username", user.key[1])) != user.key:
        raise invalid("username", "A user cannot be renamed.")
    changed = User(
        {**user.body, **visible(body)}, body.get("password") or user.password, world.after("user"), ends(body)
    )
    check(changed, body)
    project.users[user.key] = changed
    return Answer(200, shown(request, project, changed))


def delete_database_user(world: World, request: Request) -> Answer:
    project = request.project(world)
    del project.users[find(request, project).key]
    return Answer(204)


def find(request: Request, project: Project) -> User:
    """Raises RefusedError."""
    name = request.path["username"]
    user = project.users.get((request.path["database"], name))
    if user is None:
        raise RefusedError(404, "USERNAME_NOT_FOUND", f"No user with username {name} exists.", name)
    return user


def visible(body: Body) -> Body:
    return {name: value for name, value in body.items() if name != "password" and value is not None}


def check(user: User, given: Body) -> None:
    """Raises RefusedError, which never has the password in it."""
    if unknown := set(given) - ASKED:
        raise invalid(min(unknown))
    if user.body["databaseName"] not in DATABASES:
        raise invalid("databaseName", "It is admin or $external.")
    by_password = user.body["databaseName"] == "admin"
    if user.body["awsIAMType"] not in ("NONE", "USER", "ROLE") or by_password != (user.body["awsIAMType"] == "NONE"):
        raise invalid("awsIAMType", "USER and ROLE are for $external, NONE for admin.")
    if not by_password and not ARN.fullmatch(user.body["username"]):
        raise invalid("username", "It must be the ARN of a user or role.")
    if by_password and not isinstance(user.password, str):
        raise missing("password")
    if by_password and len(user.password or "") < SHORTEST_PASSWORD:
        why = f"The password must have at least {SHORTEST_PASSWORD} characters."
        raise RefusedError(400, "PASSWORD_TOO_SHORT", why)
    for role in user.body["roles"]:
        check_role(role)
    for scope in user.body["scopes"]:
        if scope.get("type") not in ("CLUSTER", "DATA_LAKE", "STREAM") or not scope.get("name"):
            raise invalid("scopes")


def check_role(role: Any) -> None:
    """Raises RefusedError."""
    if not isinstance(role, dict) or not role.get("roleName") or not role.get("databaseName"):
        raise invalid("roles", "Each has roleName and databaseName.")
    known = ROLES.get(role["roleName"])
    if known is None or (known.admin_only and role["databaseName"] != "admin"):
        name = f"{role['roleName']}@{role['databaseName']}"
        raise RefusedError(400, "UNSUPPORTED_ROLE", f"The role {name} is not supported.", name)


def ends(body: Body) -> float | None:
    text = body.get("deleteAfterDate")
    return None if text is None else instant(text)


def shown(request: Request, project: Project, user: User) -> Body:
    """Roles and scopes are in an order of Atlas's own."""
    path = f"/groups/{project.identity}/databaseUsers/{user.key[0]}/{user.key[1]}"
    roles = sorted(user.body["roles"], key=lambda role: (role["databaseName"], role["roleName"]), reverse=True)
    scopes = sorted(user.body["scopes"], key=lambda scope: scope["name"], reverse=True)
    return {
        **user.body,
        "groupId": project.identity,
        "links": self_link(request, path),
        "roles": [{"databaseName": role["databaseName"], "roleName": role["roleName"], **role} for role in roles],
        "scopes": scopes,
    }


_ONE = "/groups/{group}/databaseUsers/{database}/{username}"
VERSIONS = ("2023-01-01",)
OPERATIONS = (
    Operation("listDatabaseUsers", "GET", "/groups/{group}/databaseUsers", VERSIONS, list_database_users),
    Operation("getDatabaseUser", "GET", _ONE, VERSIONS, get_database_user),
    Operation("createDatabaseUser", "POST", "/groups/{group}/databaseUsers", VERSIONS, create_database_user),
    Operation("updateDatabaseUser", "PATCH", _ONE, VERSIONS, update_database_user),
    Operation("deleteDatabaseUser", "DELETE", _ONE, VERSIONS, delete_database_user),
)
