"""The module as Ansible calls it."""

import json
from pathlib import Path

import botocore.exceptions
import pytest
import yaml
from ansible.module_utils.testing import patch_module_args
from ansible_collections.calstack.aws.plugins.module_utils._cost.options import OPTIONS
from ansible_collections.calstack.aws.plugins.modules import cost_estimate
from emulator import account
from module_answer import ANSIBLES_OWN

BASE = {"environment_name": "prod", "region": "eu-west-1"}
CHECKOUT = Path(__file__).parents[4]


@pytest.fixture
def offline(monkeypatch):
    """No credentials, no region, and whoever makes a client fails."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)

    def no_client(*_, **__):
        raise AssertionError("a client was made")

    monkeypatch.setattr(cost_estimate.AnsibleAWSModule, "client", no_client)


def call(capsys, **given):
    """The module's answer, as it prints it."""
    with patch_module_args(BASE | given), pytest.raises(SystemExit):
        cost_estimate.main()
    return json.loads(capsys.readouterr().out)


def plain(options):
    """Documented options and the argument spec in one form."""
    return {
        name: {key: option[key] for key in ("type", "default", "choices", "required") if key in option}
        | (
            {"options": plain(option[below])}
            if (below := next((k for k in ("options", "suboptions") if k in option), ""))
            else {}
        )
        for name, option in options.items()
    }


def test_what_is_documented_is_what_is_taken():
    assert plain(yaml.safe_load(cost_estimate.DOCUMENTATION)["options"]) == plain(OPTIONS)


def test_every_key_it_returns_is_documented(offline, capsys):
    answer = call(capsys)
    documented = yaml.safe_load(cost_estimate.RETURN)
    assert answer.keys() - ANSIBLES_OWN == documented.keys()
    for key in ("items", "savings"):
        assert answer[key][0].keys() == documented[key]["contains"].keys()


def test_it_needs_neither_an_account_nor_a_network(offline, capsys):
    answer = call(capsys, network={"nat": "single"})
    assert not answer["changed"]
    gateways = next(item for item in answer["items"] if item["name"] == "NAT gateways")
    assert gateways["usd"] == {"low": 35.04, "expected": 35.04, "high": 35.04}
    assert answer["lines"][0] == "What prod costs a month in eu-west-1, in USD, by traffic"


def test_without_a_region_it_says_where_to_set_it(offline, capsys):
    answer = call(capsys, region=None)
    assert answer["failed"]
    assert "aws_region" in answer["msg"]


def test_over_the_budget_it_fails_and_still_answers(offline, capsys):
    answer = call(capsys, budget=100)
    assert answer["failed"]
    assert "The biggest savings: 1. " in answer["msg"]
    assert answer["over_budget"]
    assert answer["lines"]
    assert "failed" not in call(capsys, budget=1000)
    assert "failed" not in call(capsys, budget=100, as_if=True)
    assert "cost_budget is -1" in call(capsys, budget=-1)["msg"]


def test_files_are_written_once_and_never_in_check_mode(offline, capsys, tmp_path):
    place = tmp_path / "reports"
    planned = call(capsys, report_dir=str(place), _ansible_check_mode=True)
    assert planned["changed"]
    assert not place.exists()
    written = call(capsys, report_dir=str(place))
    assert written["changed"]
    assert sorted(written["files"]) == sorted(str(path) for path in place.iterdir())
    assert not call(capsys, report_dir=str(place))["changed"]


def test_prices_of_the_inventory_go_before_a_files_and_those_before_the_tables(offline, capsys, tmp_path):
    def hours(**given):
        return next(item["unit_usd"] for item in call(capsys, **given)["items"] if item["name"] == "NAT gateways")

    file = tmp_path / "nat.json"
    product = {"attributes": {"usagetype": "EU-NatGateway-Hours", "operation": "NatGateway", "regionCode": "eu-west-1"}}
    terms = {"OnDemand": {"A": {"t": {"priceDimensions": {"d": {"beginRange": "0", "pricePerUnit": {"USD": "0.5"}}}}}}}
    file.write_text(json.dumps({"offerCode": "AmazonEC2", "products": {"A": product}, "terms": terms}))
    assert hours() == 0.048
    assert hours(price_file=str(file)) == 0.5
    assert hours(price_file=str(file), prices={"nat_hour": 0.9}) == 0.9


def test_where_prices_cannot_be_fetched_it_says_so_and_goes_on(capsys, monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    answer = call(capsys, fetch=True)
    assert "failed" not in answer
    assert "could not be fetched" in answer["notes"][0]
    assert "credentials" in answer["notes"][0]
    assert answer["notes"][0] in answer["lines"]


def test_a_page_in_place_of_an_answer_is_told_in_a_line(capsys, monkeypatch):
    class Proxy:
        def get_paginator(self, _name):
            raise botocore.exceptions.ClientError({"Error": {"Code": "500", "Message": "<p>\n" * 999}}, "GetProducts")

    monkeypatch.setattr(cost_estimate.AnsibleAWSModule, "client", lambda *_, **__: Proxy())
    (note,) = call(capsys, fetch=True)["notes"]
    assert "\n" not in note
    assert len(note) < 400


def test_what_runs_is_looked_at_and_not_written(capsys):
    with account() as aws:
        answer = call(capsys, **{"from": "running", "stack_name": "calstack-prod"})
        assert "failed" not in answer, answer
        assert not aws.writes
    assert {item["name"] for item in answer["items"]}.isdisjoint({"NAT gateways", "load balancer", "tasks, vCPU"})
    assert "From what runs" in answer["notes"][0]


def test_to_look_it_needs_the_stacks_name(offline, capsys):
    assert "stack_name" in call(capsys, **{"from": "running"})["msg"]


ROLES = {
    ("network", "zones"): ("vpc", "vpc_zone_count"),
    ("network", "nat"): ("vpc", "vpc_nat"),
    ("network", "flow_logs"): ("vpc", "vpc_flow_logs"),
    ("network", "flow_log_days"): ("vpc", "vpc_flow_logs_retention_days"),
    ("service", "architecture"): ("ecs", "ecs_cpu_architecture"),
    ("service", "insights"): ("ecs", "ecs_container_insights"),
    ("service", "log_days"): ("ecs", "ecs_log_retention_days"),
    ("balancer", "health_check_interval"): ("alb", "alb_health_check_interval"),
    ("store", "images"): ("ecr", "ecr_keep_images"),
    ("database", "size"): ("atlas", "atlas_instance_size"),
}


@pytest.mark.parametrize(("option", "role"), ROLES.items())
def test_a_default_here_is_the_roles(option, role):
    """What an inventory leaves out is the role's default: the estimate must take the same."""
    part, name = option
    defaults = yaml.safe_load((CHECKOUT / "roles" / role[0] / "defaults/main.yml").read_text())
    assert OPTIONS[part]["options"][name]["default"] == defaults[role[1]]
    assert role[1] in (CHECKOUT / "playbooks/cost.yml").read_text()
