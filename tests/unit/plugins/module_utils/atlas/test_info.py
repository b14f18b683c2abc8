"""What there is in a project, as the lab's Atlas tells it."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._atlas.errors import AtlasError
from ansible_collections.calstack.aws.plugins.module_utils._atlas.info import NOTHING, look
from ansible_collections.calstack.aws.plugins.module_utils._atlas.operations import (
    CREATE_ACCESS,
    CREATE_CLUSTER,
    CREATE_DATABASE_USER,
    CREATE_ENDPOINT_SERVICE,
    CREATE_FLEX_CLUSTER,
    UPDATE_MAINTENANCE_WINDOW,
)
from atlas_account import AtlasAccount, project_in

PASSWORD = "Zt61-not-to-be-seen"


@pytest.fixture
def atlas():
    account = AtlasAccount()
    project = project_in(account, "calstack-dev", owner="me")

    def make(operation, body):
        account.api.call(operation, body=body, project=project)

    hardware = {"electableSpecs": {"instanceSize": "M10", "nodeCount": 3}, "priority": 7}
    region = {"providerName": "AWS", "regionName": "EU_WEST_1", **hardware}
    specs = {"clusterType": "REPLICASET", "replicationSpecs": [{"regionConfigs": [region]}]}
    make(CREATE_CLUSTER, {"name": "large", "backupEnabled": True, "pitEnabled": True, **specs})
    free = {"providerName": "TENANT", "backingProviderName": "AWS", "regionName": "EU_WEST_1", "priority": 7}
    specs = {"replicationSpecs": [{"regionConfigs": [free | {"electableSpecs": {"instanceSize": "M0"}}]}]}
    make(CREATE_CLUSTER, {"name": "small", "clusterType": "REPLICASET", **specs})
    provider = {"backingProviderName": "AWS", "regionName": "EU_WEST_1"}
    make(CREATE_FLEX_CLUSTER, {"name": "medium", "providerSettings": provider, "terminationProtectionEnabled": True})
    role = {"roleName": "readWrite", "databaseName": "calstack"}
    scram = {"username": "a", "databaseName": "admin", "password": PASSWORD, "roles": [role]}
    make(CREATE_DATABASE_USER, scram | {"scopes": [{"name": "large", "type": "CLUSTER"}]})
    arn = "arn:aws:iam::123456789012:role/task"
    iam = {"username": arn, "databaseName": "$external", "awsIAMType": "ROLE", "roles": [role]}
    make(CREATE_DATABASE_USER, iam)
    make(CREATE_ACCESS, [{"ipAddress": "198.51.100.7", "comment": "NAT"}])
    make(CREATE_ENDPOINT_SERVICE, {"providerName": "AWS", "region": "EU_WEST_1"})
    make(UPDATE_MAINTENANCE_WINDOW, {"dayOfWeek": 2, "hourOfDay": 3})
    account.sleep(2000)
    return account


def test_all_of_it_is_found(atlas):
    found = look(atlas.api, project_name="calstack-dev")
    assert found["project"]["tags"] == {"owner": "me"}
    assert [item["name"] for item in found["clusters"]] == ["large", "medium", "small"]
    assert [item["instance_size"] for item in found["clusters"]] == ["M10", "FLEX", "M0"]
    assert [item["nodes"] for item in found["clusters"]] == [3, 3, 3]
    assert len({tuple(sorted(item)) for item in found["clusters"]}) == 1
    assert {(user["username"], user["type"]) for user in found["database_users"]} == {
        ("a", "scram"),
        ("arn:aws:iam::123456789012:role/task", "aws_iam"),
    }
    scram = next(user for user in found["database_users"] if user["type"] == "scram")
    assert scram["roles"] == [{"role": "readWrite", "database": "calstack", "collection": ""}]
    assert scram["clusters"] == ["large"]
    assert found["access_list"] == [{"entry": "198.51.100.7/32", "comment": "NAT", "delete_after": ""}]
    assert [item["region"] for item in found["private_endpoints"]] == ["EU_WEST_1"]
    assert found["maintenance_window"] == {"day_of_week": 2, "hour_of_day": 3}
    assert [item["cluster_name"] for item in found["backup_schedules"]] == ["large"]
    assert found["backup_schedules"][0]["policies"][0]["frequency_type"] == "hourly"


def test_people_get_a_line_a_cluster(atlas):
    lines = look(atlas.api, project_id=f"{1:024x}")["lines"]
    assert lines[0].startswith("large  M10 in EU_WEST_1  IDLE  MongoDB 8.0.")
    assert lines[0].endswith("backups to any moment")
    assert lines[1].endswith("backups, protected from termination")
    assert lines[2].endswith("no backups")
    ways = "2 database users, 1 access list entry, 1 private endpoint service"
    assert lines[3] == f"{ways}, maintenance on Monday from 03:00"
    assert len(lines) == 4


def test_a_paused_cluster_is_called_so(atlas):
    atlas.cluster("large").body["paused"] = True
    assert "large  M10 in EU_WEST_1  paused" in look(atlas.api, project_name="calstack-dev")["lines"][0]


def test_without_backups_there_is_no_schedule(atlas):
    atlas.cluster("large").body |= {"backupEnabled": False, "pitEnabled": False}
    found = look(atlas.api, project_name="calstack-dev")
    assert (found["backup_schedules"], atlas.calls[-1].operation == "getBackupSchedule") == ([], False)


def test_no_secret_is_in_it(atlas):
    assert PASSWORD not in str(look(atlas.api, project_name="calstack-dev"))


def test_nothing_is_written(atlas):
    before = len(atlas.writes())
    look(atlas.api, project_name="calstack-dev")
    assert len(atlas.writes()) == before


@pytest.mark.parametrize("which", [{"project_name": "other"}, {"project_id": "f" * 24}])
def test_where_there_is_no_project_there_is_nothing(atlas, which):
    found = look(atlas.api, **which)
    assert found == {**NOTHING, "lines": [f"no project {next(iter(which.values()))} in MongoDB Atlas"]}


def test_an_empty_project_says_so():
    atlas = AtlasAccount()
    project_in(atlas)
    lines = look(atlas.api, project_name="calstack-dev")["lines"]
    assert lines == [
        "no cluster in project calstack-dev",
        "0 database users, 0 access list entries, 0 private endpoint services",
    ]


@pytest.mark.parametrize(
    "operation",
    [
        "getProjectByName",
        "listClusters",
        "listFlexClusters",
        "listDatabaseUsers",
        "listProjectIpAccessLists",
        "listPrivateEndpointServices",
        "getMaintenanceWindow",
        "getBackupSchedule",
    ],
)
def test_what_cannot_be_read_is_not_shown_as_nothing(atlas, operation):
    atlas.faults[operation] = ["refuse"]
    with pytest.raises(AtlasError):
        look(atlas.api, project_name="calstack-dev")
