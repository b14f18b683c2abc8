"""The module as Ansible calls it, against the lab's Atlas and an emulated account."""

import json

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args
from ansible_collections.calstack.aws.plugins.module_utils._atlas.operations import CREATE_CLUSTER
from ansible_collections.calstack.aws.plugins.modules import atlas_private_endpoint as module
from atlas_account import AtlasAccount, project_in, served
from atlas_lab import free
from atlas_modules import documented, taken
from emulator import account
from module_answer import ANSIBLES_OWN

BASE = {"environment_name": "dev", "stack_name": "calstack-dev", "project_name": "calstack-dev"}


@pytest.fixture
def atlas(monkeypatch):
    made = AtlasAccount()
    project_in(made)
    with served(made) as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        yield made


@pytest.fixture
def network(atlas):
    with account() as aws:
        ec2 = aws("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
        group = ec2.create_security_group(GroupName="tasks", Description="tasks", VpcId=vpc)["GroupId"]
        # What is not ready is ready at the first look: the module's clock is the real one.
        atlas.world.after = lambda share: 0.0
        pages = ec2.get_paginator("describe_vpc_endpoints")
        atlas.world.vpc_endpoints = lambda: {
            item["VpcEndpointId"]: item["ServiceName"] for page in pages.paginate() for item in page["VpcEndpoints"]
        }
        yield {"vpc_id": vpc, "subnet_ids": [subnet], "task_security_group_id": group}


def call(capsys, **given):
    with patch_module_args(BASE | given), pytest.raises(SystemExit):
        module.main()
    return json.loads(capsys.readouterr().out)


def test_what_is_documented_is_what_is_taken():
    assert documented(module) == taken(module.OPTIONS)


def test_every_key_it_returns_is_documented(network, atlas, capsys):
    told = call(capsys, **network)
    assert told["changed"], told
    assert told.keys() - ANSIBLES_OWN == yaml.safe_load(module.RETURN).keys()
    (service,) = atlas.project().services.values()
    assert list(service.endpoints) == [told["endpoint_id"]]
    assert not call(capsys, **network)["changed"]


def test_a_shared_cluster_is_one_message(network, atlas, capsys):
    atlas.api.call(CREATE_CLUSTER, body=free("calstack-dev"), project=atlas.project().identity)
    told = call(capsys, **network)
    assert told["failed"]
    assert "calstack-dev is M0, which PrivateLink does not lead to" in told["msg"]


def test_a_dry_run_needs_no_network_yet_but_a_name(network, atlas, capsys):
    known = "(known after apply)"
    planned = {"vpc_id": known, "subnet_ids": [known], "task_security_group_id": known}
    told = call(capsys, _ansible_check_mode=True, project_name="planned", **planned)
    assert (told["changed"], told["endpoint_id"]) == (True, known)
    assert atlas.writes() == []
