"""What was being done, as an error says it."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._atlas import operations
from ansible_collections.calstack.aws.plugins.module_utils._atlas.words import NOUNS, words

P = {"project": "5f1b"}


@pytest.mark.parametrize(
    ("operation", "body", "path", "said"),
    [
        ("CREATE_CLUSTER", {"name": "calstack-dev"}, P, "creating cluster calstack-dev"),
        ("GET_CLUSTER", None, P | {"name": "calstack-dev"}, "reading cluster calstack-dev"),
        ("LIST_CLUSTERS", None, P, "reading clusters"),
        ("DELETE_PROJECT", None, P, "deleting project 5f1b"),
        ("GET_PROJECT_BY_NAME", None, {"name": "calstack-dev"}, "reading project calstack-dev"),
        ("LIST_PROJECTS", None, {}, "reading projects"),
        ("CREATE_DATABASE_USER", {"username": "a", "password": "x"}, P, "creating database user a"),
        ("UPDATE_DATABASE_USER", {}, P | {"database": "admin", "username": "a"}, "changing database user a"),
        (
            "CREATE_ACCESS",
            [{"cidrBlock": "192.0.2.1/32", "comment": "c"}, {"cidrBlock": "192.0.2.2/32", "comment": "c"}],
            P,
            "creating access list entry 192.0.2.1/32, 192.0.2.2/32",
        ),
        ("LIST_ACCESS", None, P, "reading the access list"),
        ("UPDATE_BACKUP_SCHEDULE", {}, P | {"name": "c1"}, "changing the backup schedule of cluster c1"),
        ("DELETE_MAINTENANCE_WINDOW", None, P, "deleting the maintenance window"),
        ("GET_ENDPOINT", None, P | {"service": "s", "endpoint": "vpce-1"}, "reading private endpoint vpce-1"),
    ],
)
def test_verb_noun_and_name(operation, body, path, said):
    assert words(getattr(operations, operation), body, path) == said


def test_every_operation_has_a_noun():
    for name, operation in vars(operations).items():
        if isinstance(operation, operations.Operation):
            fixed = [part for part in operation.path.split("/") if part and "{" not in part]
            assert fixed[-1] in NOUNS, name
