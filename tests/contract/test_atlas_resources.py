"""What the lab's Atlas keeps, how it answers, and what it refuses. No servers: `test_atlas_servers.py` has those."""

from collections.abc import Iterator
from typing import Any

import atlas_lab
import pytest
from atlas_lab import AtlasLab, dedicated, flex, free

from lab import api_faults
from lab.atlas import credentials

NAT = [{"ipAddress": "52.1.2.3", "comment": "ours"}, {"cidrBlock": "52.1.2.4/32", "comment": "ours"}]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AtlasLab]:
    with atlas_lab.atlas_lab(tmp_path_factory.mktemp("atlas")) as lab:
        yield lab


def test_projects(lab: AtlasLab) -> None:
    tags = [{"key": "a", "value": "1"}, {"key": "b", "value": "2"}]
    made = lab.make("/groups", {"name": "my shop/1", "orgId": credentials.ORGANIZATION, "tags": tags})
    assert lab.get(f"/groups/{made['id']}") == lab.get("/groups/byName/my%20shop%2F1") == made
    assert sorted(made["tags"], key=lambda tag: tag["key"]) == tags
    assert lab.code("GET", "/groups/byName/other") == (404, "GROUP_NAME_NOT_FOUND")
    again = {"name": "my shop/1", "orgId": credentials.ORGANIZATION}
    assert lab.code("POST", "/groups", again) == (409, "GROUP_ALREADY_EXISTS")
    assert lab.code("POST", "/groups", {"name": "x", "orgId": "0" * 24}) == (404, "ORG_NOT_FOUND")
    assert lab.ask("DELETE", f"/groups/{made['id']}").status_code == 204
    assert lab.code("GET", f"/groups/{made['id']}") == (404, "GROUP_NOT_FOUND")


BAD_TAGS = [{"key": "calstack:environment", "value": "dev"}]


def test_tags_of_other_characters_are_refused_and_the_project_is_there_all_the_same(lab: AtlasLab) -> None:
    body = {"name": "half-made", "orgId": credentials.ORGANIZATION, "tags": BAD_TAGS}
    assert lab.code("POST", "/groups", body) == (400, "INVALID_ATTRIBUTE")
    assert lab.get("/groups/byName/half-made")["tags"] == []
    path = lab.project()
    for kind, made in (("clusters", dedicated("main")), ("flexClusters", flex("main"))):
        assert lab.code("POST", f"{path}/{kind}", {**made, "tags": BAD_TAGS}) == (400, "INVALID_ATTRIBUTE")


def test_clusters_are_told_apart_by_the_beginnings_of_their_names(lab: AtlasLab) -> None:
    path = lab.project()
    lab.make(f"{path}/clusters", dedicated("calstack-production-for-a"))
    again = lab.code("POST", f"{path}/clusters", dedicated("calstack-production-for-b"))
    assert again == (400, "DUPLICATE_CLUSTER_NAME")
    assert lab.code("POST", f"{path}/clusters", dedicated("main-")) == (400, "INVALID_ATTRIBUTE")


def test_a_change_can_begin_late(lab: AtlasLab) -> None:
    path = lab.project()
    lab.make(f"{path}/clusters", dedicated())
    one = f"{path}/clusters/main"
    lab.idle(one)
    api_faults.inject(lab.settings, "atlas", "updateCluster", "late", times=1)
    assert lab.ask("PATCH", one, {"backupEnabled": True}).json()["stateName"] == "IDLE"
    lab.until(one, lambda cluster: cluster["stateName"] == "UPDATING")
    lab.idle(one)


def test_a_project_with_a_cluster_or_a_service_stays(lab: AtlasLab) -> None:
    path = lab.project()
    service = lab.make(f"{path}/privateEndpoint/endpointService", {"providerName": "AWS", "region": "EU_WEST_1"})
    lab.make(f"{path}/clusters", dedicated())
    assert lab.code("DELETE", path) == (409, "CANNOT_CLOSE_GROUP_ACTIVE_ATLAS_CLUSTERS")
    lab.ask("DELETE", f"{path}/clusters/main")
    lab.until(f"{path}/clusters", lambda page: not page["results"])
    assert lab.code("DELETE", path) == (409, "CANNOT_CLOSE_GROUP_ACTIVE_ATLAS_PRIVATE_ENDPOINT_SERVICES")
    lab.ask("DELETE", f"{path}/privateEndpoint/AWS/endpointService/{service['id']}")
    lab.until(f"{path}/privateEndpoint/AWS/endpointService", lambda services: not services)
    assert lab.ask("DELETE", path).status_code == 204


def test_a_cluster_is_created_changed_and_deleted_over_time(lab: AtlasLab) -> None:
    path = lab.project()
    made = lab.make(f"{path}/clusters", dedicated(mongoDBMajorVersion="7.0"))
    one = f"{path}/clusters/main"
    assert (made["stateName"], made["connectionStrings"]) == ("CREATING", {})
    strings = lab.idle(one)["connectionStrings"]
    assert strings["standard"].startswith(f"mongodb://{atlas_lab.NETWORK}.0.")
    assert strings["standardSrv"] is None
    changed = lab.ask("PATCH", one, {"terminationProtectionEnabled": True, "backupEnabled": True}).json()
    assert (changed["stateName"], changed["mongoDBMajorVersion"], changed["backupEnabled"]) == ("UPDATING", "7.0", True)
    lab.idle(one)
    assert lab.code("DELETE", one) == (400, "CANNOT_TERMINATE_CLUSTER_WHEN_TERMINATION_PROTECTION_ENABLED")
    lab.ask("PATCH", one, {"terminationProtectionEnabled": False})
    lab.idle(one)
    assert lab.ask("DELETE", one, version="2023-02-01").status_code == 202
    assert lab.get(one)["stateName"] == "DELETING"
    assert lab.code("DELETE", one) == (400, "CLUSTER_ALREADY_REQUESTED_DELETION")
    lab.until(f"{path}/clusters", lambda page: not page["results"])
    assert lab.code("GET", one) == (404, "CLUSTER_NOT_FOUND")


def test_atlas_fills_in_what_was_not_asked_for(lab: AtlasLab) -> None:
    path = lab.project()
    tags = [{"key": "a", "value": "1"}, {"key": "b", "value": "2"}]
    made = lab.make(f"{path}/clusters", dedicated(tags=tags))
    region = made["replicationSpecs"][0]["regionConfigs"][0]
    assert region["electableSpecs"]["diskSizeGB"] == 10.0
    assert region["readOnlySpecs"]["nodeCount"] == 0
    assert region["autoScaling"] == {
        "compute": {"enabled": False, "scaleDownEnabled": False},
        "diskGB": {"enabled": True},
    }
    assert (made["pitEnabled"], made["paused"], made["encryptionAtRestProvider"]) == (False, False, "NONE")
    assert made["tags"] == tags[::-1]
    assert {link["rel"] for link in made["links"]} > {"self"}


def test_a_change_keeps_what_it_does_not_name(lab: AtlasLab) -> None:
    path = f"{lab.project()}/clusters"
    scaling = {"compute": {"enabled": True, "maxInstanceSize": "M30"}}
    request = dedicated()
    request["replicationSpecs"][0]["regionConfigs"][0]["autoScaling"] = scaling
    before = lab.make(path, request)["replicationSpecs"][0]
    larger = dedicated()["replicationSpecs"]
    larger[0]["regionConfigs"][0]["electableSpecs"] = {"instanceSize": "M20", "nodeCount": 3, "diskSizeGB": 30}
    after = lab.ask("PATCH", f"{path}/main", {"replicationSpecs": larger}).json()["replicationSpecs"][0]
    region = after["regionConfigs"][0]
    assert after["id"] == before["id"]
    assert (region["electableSpecs"]["instanceSize"], region["electableSpecs"]["diskSizeGB"]) == ("M20", 30.0)
    assert region["autoScaling"] == before["regionConfigs"][0]["autoScaling"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (dedicated(name="no_underscore"), "INVALID_ATTRIBUTE"),
        (dedicated(name=""), "MISSING_ATTRIBUTE"),
        (dedicated(region="eu-west-1"), "INVALID_ATTRIBUTE"),
        (dedicated(diskSizeGB=10), "INVALID_ATTRIBUTE"),
        (dedicated(pitEnabled=True), "PIT_REQUIRES_BACKUP"),
        (dedicated(mongoDBMajorVersion="3.6"), "INVALID_MONGODB_VERSION"),
        (free(mongoDBMajorVersion="8.0"), "INVALID_ATTRIBUTE"),
        (free(backupEnabled=True), "INVALID_ATTRIBUTE"),
        ({"name": "x"}, "MISSING_ATTRIBUTE"),
    ],
)
def test_clusters_that_are_refused(lab: AtlasLab, body: dict[str, Any], code: str) -> None:
    path = lab.project()
    assert lab.code("POST", f"{path}/clusters", body) == (400, code)
    assert lab.get(f"{path}/clusters")["results"] == []


def test_a_free_cluster_has_its_address_while_it_is_being_created(lab: AtlasLab) -> None:
    path = lab.project()
    made = lab.make(f"{path}/clusters", free())
    assert made["stateName"] == "CREATING"
    assert made["connectionStrings"]["standard"]
    assert lab.code("POST", f"{path}/clusters", free("second")) == (400, "CANNOT_CREATE_FREE_CLUSTER_VIA_PUBLIC_API")
    assert lab.code("POST", f"{path}/clusters", free()) == (400, "DUPLICATE_CLUSTER_NAME")
    change = {"backupEnabled": True}
    assert lab.code("PATCH", f"{path}/clusters/free", change) == (400, "TENANT_CLUSTER_UPDATE_UNSUPPORTED")
    assert lab.code("GET", f"{path}/clusters/free/backup/schedule") == (400, "TENANT_CLUSTER_BACKUP_UNSUPPORTED")
    lab.idle(f"{path}/clusters/free")


def test_flex_clusters_have_paths_of_their_own(lab: AtlasLab) -> None:
    path = lab.project()
    made = lab.make(f"{path}/flexClusters", flex())
    assert made["connectionStrings"]["standard"]
    assert made["providerSettings"]["providerName"] == "FLEX"
    one = f"{path}/flexClusters/flexible"
    lab.idle(one)
    assert lab.code("GET", f"{path}/clusters/flexible") == (400, "CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API")
    assert lab.get(f"{path}/clusters")["results"] == []
    lab.make(f"{path}/clusters", free())
    assert lab.code("GET", f"{path}/flexClusters/free") == (400, "CANNOT_USE_NON_FLEX_CLUSTER_IN_FLEX_API")
    assert lab.code("POST", f"{path}/clusters", dedicated("flexible")) == (400, "DUPLICATE_CLUSTER_NAME")
    assert lab.code("PATCH", one, {"providerSettings": {}}) == (400, "INVALID_ATTRIBUTE")
    assert lab.code("POST", f"{path}/flexClusters", flex("x", mongoDBMajorVersion="8.0")) == (400, "INVALID_ATTRIBUTE")
    assert lab.ask("PATCH", one, {"tags": [{"key": "a", "value": "1"}]}).json()["stateName"] == "UPDATING"
    lab.idle(one)
    lab.ask("DELETE", one)
    lab.until(f"{path}/flexClusters", lambda page: not page["results"])
    assert lab.code("GET", one) == (404, "CLUSTER_NOT_FOUND")


def test_a_paused_cluster_wants_to_be_resumed_first(lab: AtlasLab) -> None:
    path = f"{lab.project()}/clusters"
    lab.make(path, dedicated())
    lab.ask("PATCH", f"{path}/main", {"paused": True})
    assert lab.code("PATCH", f"{path}/main", {"backupEnabled": True}) == (409, "CANNOT_UPDATE_PAUSED_CLUSTER")
    assert lab.ask("PATCH", f"{path}/main", {"paused": False}).json()["paused"] is False


def test_database_users(lab: AtlasLab) -> None:
    path = f"{lab.project()}/databaseUsers"
    roles = [
        {"roleName": "read", "databaseName": "a"},
        {"roleName": "readWrite", "databaseName": "b", "collectionName": "c"},
    ]
    made = lab.make(path, atlas_lab.user(roles=roles, scopes=[{"name": "main", "type": "CLUSTER"}]))
    assert made["roles"] == roles[::-1]
    assert (made["awsIAMType"], made["x509Type"], made["labels"]) == ("NONE", "NONE", [])
    assert "password" not in str(made)
    assert lab.get(f"{path}/admin/app") == made
    assert lab.code("POST", path, atlas_lab.user()) == (409, "USER_ALREADY_EXISTS")
    assert lab.ask("PATCH", f"{path}/admin/app", {"roles": roles[:1]}).json()["roles"] == roles[:1]
    assert lab.ask("DELETE", f"{path}/admin/app").status_code == 204
    assert lab.code("GET", f"{path}/admin/app") == (404, "USERNAME_NOT_FOUND")
    assert lab.code("PATCH", f"{path}/admin/app", {}) == (404, "USERNAME_NOT_FOUND")
    assert lab.code("DELETE", f"{path}/admin/app") == (404, "USERNAME_NOT_FOUND")


def test_a_user_of_aws_is_known_by_its_arn(lab: AtlasLab) -> None:
    path = f"{lab.project()}/databaseUsers"
    arn = "arn:aws:iam::123456789012:role/shop-task"
    body = atlas_lab.user(arn, databaseName="$external", awsIAMType="ROLE")
    del body["password"]
    lab.make(path, body)
    assert lab.get(f"{path}/%24external/arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fshop-task")["username"] == arn


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"password": "short"}, "PASSWORD_TOO_SHORT"),
        ({"password": None}, "MISSING_ATTRIBUTE"),
        ({"databaseName": "shop"}, "INVALID_ATTRIBUTE"),
        ({"roles": [{"roleName": "king", "databaseName": "admin"}]}, "UNSUPPORTED_ROLE"),
        ({"roles": [{"roleName": "atlasAdmin", "databaseName": "shop"}]}, "UNSUPPORTED_ROLE"),
        ({"roles": []}, "MISSING_ATTRIBUTE"),
        ({"awsIAMType": "ROLE"}, "INVALID_ATTRIBUTE"),
        ({"surprise": 1}, "INVALID_ATTRIBUTE"),
        ({"deleteAfterDate": "soon"}, "INVALID_ATTRIBUTE"),
    ],
)
def test_users_that_are_refused(lab: AtlasLab, change: dict[str, Any], code: str) -> None:
    path = f"{lab.project()}/databaseUsers"
    answer = lab.ask("POST", path, atlas_lab.user(**change))
    assert (answer.status_code, answer.json()["errorCode"]) == (400, code)
    assert "short" not in answer.text.replace("PASSWORD_TOO_SHORT", "")


def test_users_and_entries_end_at_their_date(lab: AtlasLab) -> None:
    path = lab.project()
    lab.make(f"{path}/databaseUsers", atlas_lab.user(deleteAfterDate="2020-01-01T00:00:00Z"))
    lab.make(f"{path}/accessList", [{**NAT[0], "deleteAfterDate": "2020-01-01T00:00:00Z"}, NAT[1]])
    lab.until(f"{path}/databaseUsers", lambda page: not page["results"])
    lab.until(f"{path}/accessList", lambda page: page["totalCount"] == 1)


def test_the_access_list(lab: AtlasLab) -> None:
    path = f"{lab.project()}/accessList"
    made = lab.make(path, NAT)
    assert [(entry["cidrBlock"], entry["ipAddress"], entry["comment"]) for entry in made["results"]] == [
        ("52.1.2.3/32", "52.1.2.3", "ours"),
        ("52.1.2.4/32", "52.1.2.4", "ours"),
    ]
    assert lab.get(f"{path}/52.1.2.3/status") == {"STATUS": "PENDING"}
    everywhere = [{"cidrBlock": "0.0.0.0/0"}]
    assert lab.code("POST", path, everywhere) == (409, "AUTOMATION_CONFIG_CONCURRENT_MODIFICATION")
    for entry in ("52.1.2.3", "52.1.2.4%2F32"):
        lab.until(f"{path}/{entry}/status", lambda status: status == {"STATUS": "ACTIVE"})
    assert lab.make(path, everywhere)["totalCount"] == 3
    assert lab.ask("DELETE", f"{path}/52.1.2.4%2F32").status_code == 204
    assert lab.code("DELETE", f"{path}/52.1.2.4") == (404, "ATLAS_NETWORK_PERMISSION_ENTRY_NOT_FOUND")
    assert lab.code("GET", f"{path}/10.9.9.9/status") == (404, "ATLAS_NETWORK_PERMISSION_ENTRY_NOT_FOUND")


def test_an_entry_that_is_there_gets_the_new_comment(lab: AtlasLab) -> None:
    path = f"{lab.project()}/accessList"
    lab.make(path, NAT[:1])
    lab.until(f"{path}/52.1.2.3/status", lambda status: status == {"STATUS": "ACTIVE"})
    again = lab.make(path, [{"cidrBlock": "52.1.2.3/32", "comment": "theirs"}])
    assert [entry["comment"] for entry in again["results"]] == ["theirs"]


def test_an_entry_can_fail(lab: AtlasLab) -> None:
    path = f"{lab.project()}/accessList"
    api_faults.inject(lab.settings, "atlas", "createProjectIpAccessList", "fails", times=1)
    lab.make(path, NAT)
    lab.until(f"{path}/52.1.2.3/status", lambda status: status == {"STATUS": "FAILED"})


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ({"cidrBlock": "10.0.0.1/8"}, "INVALID_IP_ADDRESS_OR_CIDR_NOTATION"),
        ({"ipAddress": "here"}, "INVALID_IP_ADDRESS_OR_CIDR_NOTATION"),
        ({"comment": "nothing"}, "NETWORK_PERMISSION_ENTRY_ADDRESS_REQUIRED"),
        ({"ipAddress": "52.1.2.3", "comment": "x" * 81}, "INVALID_ATTRIBUTE"),
        ({"awsSecurityGroup": "sg-1"}, "ATLAS_NO_PEERING_CONNECTION_FOR_SECURITY_GROUP"),
    ],
)
def test_entries_that_are_refused(lab: AtlasLab, entry: dict[str, str], code: str) -> None:
    path = f"{lab.project()}/accessList"
    assert lab.code("POST", path, [NAT[0], entry]) == (400, code)
    assert lab.code("POST", path, entry) == (400, "MALFORMED_JSON")
    assert lab.get(path)["results"] == []


def test_both_sides_of_a_private_endpoint(lab: AtlasLab) -> None:
    path = lab.project()
    lab.make(f"{path}/clusters", dedicated())
    ask = {"providerName": "AWS", "region": "eu-west-1"}
    made = lab.make(f"{path}/privateEndpoint/endpointService", ask)
    assert (made["status"], made["endpointServiceName"], made["regionName"]) == ("INITIATING", None, "EU_WEST_1")
    again = lab.code("POST", f"{path}/privateEndpoint/endpointService", ask)
    assert again == (409, "PRIVATE_ENDPOINT_SERVICE_ALREADY_EXISTS_FOR_REGION")
    one = f"{path}/privateEndpoint/AWS/endpointService/{made['id']}"
    early = lab.code("POST", f"{one}/endpoint", {"id": "vpce-1"})
    assert early == (400, "PRIVATE_ENDPOINT_SERVICE_NOT_AVAILABLE")
    name = lab.until(one, lambda service: service["status"] == "AVAILABLE")["endpointServiceName"]
    assert name.startswith("com.amazonaws.vpce.eu-west-1.vpce-svc-")
    lab.vpc_endpoints["vpce-1"] = name
    assert lab.make(f"{one}/endpoint", {"id": "vpce-1"})["connectionStatus"] == "PENDING_ACCEPTANCE"
    lab.until(f"{one}/endpoint/vpce-1", lambda endpoint: endpoint["connectionStatus"] == "AVAILABLE")
    strings = lab.idle(f"{path}/clusters/main")["connectionStrings"]
    assert strings["privateEndpoint"][0]["srvConnectionString"] is None
    private = strings["standard"].replace(f"{atlas_lab.NETWORK}.0.", f"{atlas_lab.NETWORK}.3.")
    assert strings["privateEndpoint"][0]["connectionString"] == private != strings["standard"]
    assert strings["privateEndpoint"][0]["endpoints"] == [
        {"endpointId": "vpce-1", "providerName": "AWS", "region": "EU_WEST_1"}
    ]
    assert lab.code("DELETE", one) == (409, "CANNOT_DELETE_PRIVATE_ENDPOINT_SERVICE_WITH_ENDPOINTS")
    lab.ask("DELETE", f"{one}/endpoint/vpce-1")
    lab.until(one, lambda service: not service["interfaceEndpoints"])
    assert lab.code("GET", f"{one}/endpoint/vpce-1") == (404, "PRIVATE_ENDPOINT_NOT_FOUND")
    lab.ask("DELETE", one)
    lab.until(f"{path}/privateEndpoint/AWS/endpointService", lambda services: not services)
    assert lab.code("GET", one) == (404, "PRIVATE_ENDPOINT_SERVICE_NOT_FOUND")


@pytest.mark.parametrize(("known", "why"), [({}, "No VPC endpoint"), ({"vpce-1": "com.amazonaws.s3"}, "is for com")])
def test_an_endpoint_that_the_account_has_not_is_rejected(lab: AtlasLab, known: dict[str, str], why: str) -> None:
    path = lab.project()
    lab.vpc_endpoints.clear()
    lab.vpc_endpoints |= known
    made = lab.make(f"{path}/privateEndpoint/endpointService", {"providerName": "AWS", "region": "EU_WEST_1"})
    one = f"{path}/privateEndpoint/AWS/endpointService/{made['id']}"
    lab.until(one, lambda service: service["status"] == "AVAILABLE")
    lab.make(f"{one}/endpoint", {"id": "vpce-1"})
    there = lab.until(f"{one}/endpoint/vpce-1", lambda endpoint: endpoint["connectionStatus"] == "REJECTED")
    assert why in there["errorMessage"]


def test_a_service_can_fail(lab: AtlasLab) -> None:
    path = lab.project()
    api_faults.inject(lab.settings, "atlas", "createPrivateEndpointService", "fails", times=1)
    made = lab.make(f"{path}/privateEndpoint/endpointService", {"providerName": "AWS", "region": "EU_WEST_1"})
    one = f"{path}/privateEndpoint/AWS/endpointService/{made['id']}"
    assert lab.until(one, lambda service: service["status"] == "FAILED")["errorMessage"]


def test_the_backup_schedule(lab: AtlasLab) -> None:
    path = lab.project()
    lab.make(f"{path}/clusters", dedicated(backupEnabled=True))
    one = f"{path}/clusters/main/backup/schedule"
    there = lab.get(one)
    [policy] = there["policies"]
    assert [item["frequencyType"] for item in policy["policyItems"]] == [
        "hourly",
        "daily",
        "weekly",
        "monthly",
        "yearly",
    ]
    items = [
        {"frequencyType": "daily", "frequencyInterval": 1, "retentionUnit": "days", "retentionValue": 14},
        {"frequencyType": "hourly", "frequencyInterval": 12, "retentionUnit": "days", "retentionValue": 2},
    ]
    change = {"policies": [{"id": policy["id"], "policyItems": items}], "restoreWindowDays": 3}
    changed = lab.ask("PATCH", one, change).json()
    assert changed == lab.get(one)
    assert [item["frequencyInterval"] for item in changed["policies"][0]["policyItems"]] == [12, 1]
    assert (changed["restoreWindowDays"], changed["clusterName"]) == (3, "main")
    change["policies"][0]["id"] = "0" * 24
    assert lab.code("PATCH", one, change) == (400, "BACKUP_POLICY_NOT_FOUND")


def test_the_maintenance_window(lab: AtlasLab) -> None:
    path = f"{lab.project()}/maintenanceWindow"
    assert "dayOfWeek" not in lab.get(path)
    assert lab.ask("PATCH", path, {"dayOfWeek": 1, "hourOfDay": 4}).status_code == 200
    assert (lab.get(path)["dayOfWeek"], lab.get(path)["hourOfDay"]) == (1, 4)
    assert lab.ask("PATCH", path, {"dayOfWeek": 8}).status_code == 400
    assert lab.ask("PATCH", path, {"dayOfWeek": 2, "hourOfDay": 24}).status_code == 400
    assert lab.ask("DELETE", path).status_code == 204
    assert "dayOfWeek" not in lab.get(path)
