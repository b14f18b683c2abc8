"""Both sides of PrivateLink, against an emulated EC2 and an Atlas in memory that takes its time."""

from unittest import mock

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._atlas import operations as op
from ansible_collections.calstack.aws.plugins.module_utils._atlas.errors import AtlasError
from ansible_collections.calstack.aws.plugins.module_utils._atlas.module import AtlasClients
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import (
    CalstackError,
    FixedPropertyError,
    InputError,
    NotReadyError,
)
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import KNOWN_AFTER_APPLY
from ansible_collections.calstack.aws.plugins.modules.atlas_private_endpoint import OPTIONS, site
from atlas_users import CLUSTER, PROJECT, Atlas
from emulator import account

SERVICE_NAME = "com.amazonaws.vpce.eu-west-1.vpce-svc-0a1b2c3d4e5f60718"
EVERYTHING = [
    "create security group calstack-dev-atlas",
    "create security group rules calstack-dev-atlas",
    "create Atlas endpoint service calstack-dev",
    "create VPC endpoint calstack-dev-atlas",
    "create Atlas private endpoint calstack-dev",
]


class Died(BaseException):
    """kill -9, as far as a test can."""


class Slow(Atlas):
    """What is asked for is there after three looks. `services` by id, each with its endpoints and their status."""

    def __init__(self, **given):
        super().__init__(**given)
        self.services = {}
        self.looks = {}
        self.verdict = "AVAILABLE"
        self.service_name = SERVICE_NAME
        self.counted = 0

    def _late(self, key, now, then):
        self.looks[key] = self.looks.get(key, 0) + 1
        return now if self.looks[key] < 3 else then

    def _service(self, ident):
        item = self.services[ident]
        if item["status"] == "INITIATING":
            item["status"] = self._late(ident, "INITIATING", self.verdict)
        ready = item["status"] == "AVAILABLE"
        return {
            "id": ident,
            "regionName": item["region"],
            "status": item["status"],
            "endpointServiceName": self.service_name if ready else None,
            "errorMessage": "no capacity" if item["status"] == "FAILED" else None,
            "interfaceEndpoints": list(item["endpoints"]),
        }

    def every(self, operation, *, query=None, **path):
        if operation != op.LIST_ENDPOINT_SERVICES:
            return super().every(operation, query=query, **path)
        for item in self.services.values():
            for ident, status in list(item["endpoints"].items()):
                if status == "DELETING" and self._late((ident, "del"), "", "gone"):
                    del item["endpoints"][ident]
        shown = [self._service(ident) for ident in self.services]
        left = {ident: item for ident, item in self.services.items() if item["status"] != "DELETING"}
        self.services = left if self._late("services", "", "gone") else self.services
        return shown

    def call(self, operation, *, body=None, query=None, **path):
        if operation.method != "GET":
            self.before_write(operation.path)
            self.writes.append(operation.method)
        if operation == op.CREATE_ENDPOINT_SERVICE:
            assert body == {"providerName": "AWS", "region": "EU_WEST_1"}
            assert not any(item["region"] == "EU_WEST_1" for item in self.services.values())
            ident = f"service{len(self.looks)}"
            self.services[ident] = {"region": "EU_WEST_1", "status": "INITIATING", "endpoints": {}}
            return self._service(ident)
        if "privateEndpoint" not in operation.path:
            return super().call(operation, body=body, query=query, **path)
        item = self.services.get(path["service"])
        if item is None:
            raise AtlasError("gone", status=404, code="PRIVATE_ENDPOINT_SERVICE_NOT_FOUND")
        if operation == op.GET_ENDPOINT_SERVICE:
            return self._service(path["service"])
        if operation == op.DELETE_ENDPOINT_SERVICE:
            assert not item["endpoints"]
            item["status"] = "DELETING"
            return {}
        if operation == op.CREATE_ENDPOINT:
            assert item["status"] == "AVAILABLE"
            item["endpoints"][body["id"]] = "PENDING_ACCEPTANCE"
            return {}
        endpoints, ident = item["endpoints"], path["endpoint"]
        if operation == op.GET_ENDPOINT:
            if endpoints[ident] == "PENDING_ACCEPTANCE":
                endpoints[ident] = self._late(ident, "PENDING_ACCEPTANCE", self.verdict)
            return {"connectionStatus": endpoints[ident], "errorMessage": "not yours"}
        assert operation == op.DELETE_ENDPOINT
        endpoints[ident] = "DELETING"
        return {}


class Site:
    def __init__(self, aws):
        self.aws = aws
        self.atlas = Slow()
        ec2 = aws("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.subnets = [
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24")["Subnet"]["SubnetId"] for number in (0, 1)
        ]
        tasks = ec2.create_security_group(GroupName="tasks", Description="tasks", VpcId=vpc)["GroupId"]
        self.params = {name: option["default"] for name, option in OPTIONS.items()}
        self.params |= {
            "environment_name": "dev",
            "stack_name": "calstack-dev",
            "project_id": None,
            "project_name": PROJECT["name"],
            "state": "present",
            "vpc_id": vpc,
            "subnet_ids": self.subnets,
            "task_security_group_id": tasks,
        }
        aws.calls.clear()

    def run(self, *, check=False, **given):
        now = [0.0]

        def sleep(seconds):
            now[0] += seconds

        clients = AtlasClients(self.atlas, self.aws)
        return site({**self.params, **given}, clients, check=check, clock=lambda: now[0], sleep=sleep)

    def endpoint(self):
        (found,) = self.aws("ec2").describe_vpc_endpoints()["VpcEndpoints"]
        return found


@pytest.fixture
def here():
    with account() as aws:
        yield Site(aws)


def steps(told):
    return [f"{change['action']} {change['kind']} {change['name']}" for change in told["changes"]]


def test_both_sides_are_made_and_a_second_run_changes_nothing(here):
    told = here.run()
    assert steps(told) == EVERYTHING
    endpoint = here.endpoint()
    assert (endpoint["ServiceName"], endpoint["VpcEndpointType"]) == (SERVICE_NAME, "Interface")
    assert endpoint["PrivateDnsEnabled"] is False
    assert set(endpoint["SubnetIds"]) == set(here.subnets)
    assert told["endpoint_id"] == endpoint["VpcEndpointId"]
    assert told["service_name"] == SERVICE_NAME
    (service,) = here.atlas.services.values()
    assert service["endpoints"] == {told["endpoint_id"]: "AVAILABLE"}
    assert not here.run()["changed"]


def test_only_the_tasks_are_let_in(here):
    group = here.run()["security_group_id"]
    (described,) = here.aws("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"]
    (rule,) = described["IpPermissions"]
    assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("tcp", 1024, 65535)
    assert [pair["GroupId"] for pair in rule["UserIdGroupPairs"]] == [here.params["task_security_group_id"]]
    assert not rule["IpRanges"]
    assert not described["IpPermissionsEgress"]


@pytest.mark.parametrize("has_project", [True, False])
def test_a_first_check_writes_nothing(here, has_project):
    here.atlas.has_project, here.atlas.cluster = has_project, None
    told = here.run(check=True)
    assert steps(told) == EVERYTHING
    assert {told[name] for name in ("endpoint_id", "service_name")} == {KNOWN_AFTER_APPLY}
    assert (here.aws.writes, here.atlas.writes) == ([], [])


def test_down_again_and_nothing_is_left(here):
    here.run()
    assert steps(here.run(state="absent")) == [step.replace("create", "delete") for step in reversed(EVERYTHING)]
    assert not [item for item in here.aws("ec2").describe_vpc_endpoints()["VpcEndpoints"] if item["State"] != "deleted"]
    assert not here.run(state="absent")["changed"]
    assert here.run()["changed"]


def test_a_service_that_others_use_stays(here):
    told = here.run()
    here.atlas.services[told["service_id"]]["endpoints"]["vpce-of-another"] = "AVAILABLE"
    assert "delete Atlas endpoint service calstack-dev" not in steps(here.run(state="absent"))
    assert here.atlas.services[told["service_id"]]["endpoints"] == {"vpce-of-another": "AVAILABLE"}
    assert here.run()["service_id"] == told["service_id"]


def others(here, **given):
    here.atlas.services["theirs"] = {"region": "EU_WEST_1", "status": "AVAILABLE", "endpoints": {}, **given}


def test_a_service_that_waits_for_somebody_elses_endpoint_is_left_with_a_note(here):
    others(here)
    told = here.run(state="absent")
    assert (told["changes"], here.atlas.writes) == ([], [])
    assert "the endpoint service theirs of the Atlas project has no endpoint" in told["notes"][0]
    others(here, endpoints={"vpce-of-another": "AVAILABLE"})
    assert here.run(state="absent")["notes"] == []
    assert list(here.atlas.services) == ["theirs"]


def test_a_deletion_that_died_anywhere_is_completed():
    for call in range(30):
        with account() as aws:
            here, count = Site(aws), -1000
            here.run()

            def die(name, call=call):
                nonlocal count
                if count == call:
                    raise Died(name)
                count += 1

            def note(model, die=die, **_):
                if not model.name.startswith("Describe"):
                    die(model.name)

            here.atlas.before_write = die
            aws("ec2").meta.events.register("before-call.ec2.*", note)
            count = 0
            try:
                here.run(state="absent")
            except Died:
                count = -1000
                here.run(state="absent")
            else:
                assert call >= 4
                return
            assert not here.atlas.services
            assert here.run(state="absent") == here.run(state="absent")


def test_it_is_deleted_when_it_is_gone(here):
    here.run()
    here.run(state="absent")
    assert here.atlas.services == {}


TO_ALL = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]


def let_out(here, *rules):
    ec2, group = here.aws("ec2"), here.params["task_security_group_id"]
    ec2.revoke_security_group_egress(GroupId=group, IpPermissions=TO_ALL)
    for first, last, block in rules:
        rule = {"IpProtocol": "tcp", "FromPort": first, "ToPort": last, "IpRanges": [{"CidrIp": block}]}
        ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[rule])
    here.aws.calls.clear()


@pytest.mark.parametrize(
    "rules",
    [
        [],
        [(443, 443, "0.0.0.0/0"), (27015, 27017, "0.0.0.0/0")],
        [(1024, 65534, "10.0.0.0/16")],
        [(1024, 65535, "10.0.0.0/24")],
        [(1024, 65535, "10.1.0.0/16")],
    ],
)
def test_tasks_that_are_shut_in_are_an_error_before_anything_is_made(here, rules):
    let_out(here, *rules)
    with pytest.raises(
        InputError, match=r"lets nothing out to .*10\.0\.1\.0/24 on the TCP ports 1024 to 65535"
    ) as refusal:
        here.run()
    assert "vpc_task_egress" in str(refusal.value)
    assert (here.aws.writes, here.atlas.writes) == ([], [])
    # A plan is made before the component vpc has opened the way.
    told = here.run(check=True)
    assert (steps(told), told["notes"]) == (EVERYTHING, [str(refusal.value)])


@pytest.mark.parametrize(
    "rules",
    [[(1024, 65535, "10.0.0.0/16")], [(0, 65535, "0.0.0.0/0")], [(1024, 65535, f"10.0.{n}.0/24") for n in (0, 1)]],
)
def test_tasks_that_are_let_out_are_none(here, rules):
    let_out(here, *rules)
    assert here.run()["changed"]


def test_a_service_of_another_region_is_not_looked_at(here):
    here.atlas.services["far"] = {"region": "US_EAST_1", "status": "AVAILABLE", "endpoints": {}}
    assert here.run()["service_id"] != "far"
    here.run(state="absent")
    assert "far" in here.atlas.services


def test_what_dies_before_any_writing_call_is_completed():
    for call in range(30):
        with account() as aws:
            here, count = Site(aws), 0

            def die(name, call=call):
                nonlocal count
                if count == call:
                    raise Died(name)
                count += 1

            def note(model, die=die, **_):
                if not model.name.startswith("Describe"):
                    die(model.name)

            here.atlas.before_write = die
            aws("ec2").meta.events.register("before-call.ec2.*", note)
            try:
                here.run()
            except Died:
                count = -100
                here.run()
                assert not here.run()["changed"]
                assert len(here.atlas.services) == 1
            else:
                assert call > 5
                return


@pytest.mark.parametrize(
    ("verdict", "words"), [("FAILED", "Atlas says FAILED: no capacity"), ("REJECTED", "Atlas says REJECTED: no")]
)
def test_what_will_never_be_available_is_not_waited_for(here, verdict, words):
    if verdict == "REJECTED":
        real = here.atlas._late
        here.atlas._late = lambda key, now, then: real(key, now, verdict if str(key).startswith("vpce") else then)
    else:
        here.atlas.verdict = verdict
    with pytest.raises(CalstackError, match=words):
        here.run()
    with pytest.raises(CalstackError, match=words):
        here.run()


def test_waiting_has_an_end_that_says_what_was_seen_last(here):
    with (
        mock.patch.object(here.atlas, "_late", lambda key, now, then: now),
        pytest.raises(NotReadyError, match=r"Atlas endpoint service calstack-dev was not ready .* seen: INITIATING"),
    ):
        here.run()


def test_a_vpc_endpoint_that_was_rejected_says_what_to_do(here):
    here.run()
    rejected = [{**here.endpoint(), "State": "rejected"}]
    answer = {"VpcEndpoints": rejected}
    with (
        mock.patch.object(here.aws("ec2"), "describe_vpc_endpoints", return_value=answer),
        mock.patch.object(here.aws("ec2"), "can_paginate", return_value=False),
        pytest.raises(CalstackError, match=r"is rejected and stays so: take the private endpoint down"),
    ):
        here.run()


def test_a_subnet_more_is_added_and_another_service_is_refused(here):
    ident = here.run()["endpoint_id"]
    more = here.aws("ec2").create_subnet(VpcId=here.params["vpc_id"], CidrBlock="10.0.9.0/24")["Subnet"]["SubnetId"]
    told = here.run(subnet_ids=[*here.subnets, more])
    assert steps(told) == ["update VPC endpoint calstack-dev-atlas"]
    assert told["endpoint_id"] == ident
    here.atlas.service_name = "com.amazonaws.vpce.eu-west-1.vpce-svc-other"
    with pytest.raises(FixedPropertyError, match="VPC endpoint calstack-dev-atlas: service is"):
        here.run(subnet_ids=[*here.subnets, more])


@pytest.mark.parametrize("size", ["M0", "FLEX"])
def test_a_shared_cluster_has_no_private_endpoint(here, size):
    specs = {"electableSpecs": {"instanceSize": size}}
    here.atlas.cluster = {**CLUSTER, "replicationSpecs": [{"regionConfigs": [specs]}]}
    with pytest.raises(InputError, match=f"calstack-dev is {size}, which PrivateLink does not lead to: .* M10 or more"):
        here.run()
    assert (here.aws.writes, here.atlas.writes) == ([], [])


@pytest.mark.parametrize("option", ["vpc_id", "subnet_ids", "task_security_group_id"])
def test_the_network_must_be_given(here, option):
    with pytest.raises(InputError, match=f"{option} is empty"):
        here.run(**{option: here.params[option][:0]})
    assert here.run(state="absent", **{option: here.params[option][:0]})["changes"] == []


def test_what_carries_other_tags_is_not_ours(here):
    here.run()
    ec2 = here.aws("ec2")
    ident = here.endpoint()["VpcEndpointId"]
    ec2.create_tags(Resources=[ident], Tags=[{"Key": "calstack:environment", "Value": "prod"}])
    assert "delete VPC endpoint calstack-dev-atlas" not in steps(here.run(state="absent", check=True))
    assert Scope("prod", "atlas", "calstack-dev").owns({tag["Key"]: tag["Value"] for tag in here.endpoint()["Tags"]})
