from hypothesis import given
from hypothesis import strategies as st

from lab.atlas.grants import Login, changes, granted, logins
from lab.atlas.world import IDLE, Body, Cluster, Project, User

ROLES = [{"roleName": "readWrite", "databaseName": "shop"}]
NAMES = st.sampled_from(["a", "b", "c"])
LOGINS = st.dictionaries(
    NAMES, st.builds(Login, st.sampled_from(["x", "y"]), st.just(frozenset({("read", "shop")}))), max_size=3
)


def cluster(name: str = "main") -> Cluster:
    return Cluster("1", name, "M0", 0, {}, IDLE)


def project(*users: User) -> Project:
    made = Project("p", "p", "")
    made.users = {user.key: user for user in users}
    return made


def user(name: str, due: float = 0.0, password: str | None = "secret-1", **more: object) -> User:
    body: Body = {"username": name, "databaseName": "admin", "roles": ROLES, "scopes": [], **more}
    return User(body, password, due)


@given(there=LOGINS, wanted=LOGINS)
def test_the_changes_lead_from_what_is_there_to_what_is_wanted(
    there: dict[str, Login], wanted: dict[str, Login]
) -> None:
    todo = changes(there, wanted)
    after = {name: login for name, login in there.items() if name not in todo.drop}
    assert after | dict(todo.create) | dict(todo.update) == wanted
    assert not set(todo.create) & set(there)
    assert set(todo.update) | set(todo.drop) <= set(there)
    assert bool(todo) == (there != wanted)


def test_roles_are_mongodbs_own_and_atlass_admin_is_root() -> None:
    roles = [
        {"roleName": "atlasAdmin", "databaseName": "admin"},
        {"roleName": "enableSharding", "databaseName": "admin"},
        {"roleName": "read", "databaseName": "shop", "collectionName": "orders"},
    ]
    assert granted(roles) == {("root", "admin"), ("read", "shop")}


def test_a_change_reaches_the_server_only_when_it_is_due() -> None:
    old = Login("old", frozenset())
    changed = project(user("a", due=10.0))
    assert logins(changed, cluster(), {}, 9.0) == {}
    assert logins(changed, cluster(), {"a": old}, 9.0) == {"a": old}
    assert logins(changed, cluster(), {"a": old}, 10.0)["a"].password == "secret-1"
    assert logins(project(), cluster(), {"a": old}, 0.0) == {}


def test_who_does_not_log_in_here() -> None:
    scoped = user("scoped", scopes=[{"name": "other", "type": "CLUSTER"}])
    external = user("arn:aws:iam::123456789012:role/task", password=None, databaseName="$external")
    assert logins(project(scoped, external), cluster(), {}, 1.0) == {}
    assert list(logins(project(scoped, external), cluster("other"), {}, 1.0)) == ["scoped"]


def test_no_password_is_in_what_they_show() -> None:
    assert "secret-1" not in repr(user("a")) + repr(Login("secret-1", frozenset()))
