"""What a user may do."""

from ansible_collections.calstack.aws.plugins.module_utils._migrate.privileges import BLOCK, READ, Need, lacking

READER = {"resource": {"db": "shop", "collection": ""}, "actions": [*READ, "dbStats"]}
ANY_READER = {"resource": {"db": "", "collection": ""}, "actions": list(READ)}
CLUSTER = {"resource": {"cluster": True}, "actions": ["setUserWriteBlockMode"]}
ROOT = {"resource": {"anyResource": True}, "actions": [*READ, "setUserWriteBlockMode"]}


def test_a_server_without_users_lets_everybody():
    assert lacking(None, [Need(READ, "shop")]) == []


def test_a_privilege_covers_its_database_or_all():
    assert lacking([READER], [Need(READ, "shop")]) == []
    assert lacking([ANY_READER], [Need(READ, "shop"), Need(READ)]) == []
    assert lacking([ROOT], [Need(READ), Need(BLOCK, cluster=True)]) == []
    assert lacking([CLUSTER], [Need(BLOCK, cluster=True)]) == []


def test_what_is_lacking_is_named():
    assert lacking([READER], [Need(READ, "other")]) == [f"{', '.join(READ)} on the database other"]
    assert lacking([READER], [Need(("find", "insert"), "shop")]) == ["insert on the database shop"]
    assert lacking([READER], [Need(("find",))]) == ["find on every database"]
    assert lacking([ANY_READER], [Need(BLOCK, cluster=True)]) == ["setUserWriteBlockMode on the cluster"]
    assert lacking([], [Need(("find",), "shop")]) == ["find on the database shop"]


def test_a_privilege_on_one_collection_does_not_cover_the_database():
    one = {"resource": {"db": "shop", "collection": "orders"}, "actions": ["find"]}
    assert lacking([one], [Need(("find",), "shop")]) == ["find on the database shop"]
