"""What is wrong is said in one message, before anything has been created."""

import pytest


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (["-e", "vpc_cidr=10.0.0.0/26"], ["vpc_cidr", "/26"]),
        (["-e", "vpc_cidr=10.0.0.0/33"], ["vpc_cidr"]),
        (["-e", '{"vpc_zones": ["eu-west-1a", "eu-west-1x"]}'], ["vpc_zones", "eu-west-1x", "eu-west-1b"]),
        (["-e", '{"vpc_zones": ["eu-west-1a"]}'], ["vpc_zones", "two"]),
        (["-e", "vpc_nat=none"], ["vpc_nat", "vpc_interface_endpoints"]),
        (["-e", "app_domain=other.example.com"], ["other.example.com", "calstack.localhost"]),
        (["-e", "app_domain=https://calstack.localhost/"], ["app_domain", "without https://"]),
        (["-e", "app_memory=300"], ["app_memory", "512"]),
        (["-e", "app_name=A_B"], ["app_name", "lower-case"]),
        (["-e", "ecs_log_retention_days=42"], ["log_retention_days", "30"]),
        (["-e", '{"secrets_values": {}}'], ["SENDGRID_API_KEY", "MS_CLIENT_ID", "GOOGLE_CLIENT_SECRET_JSON"]),
        (["-e", "app_tasks_max=1"], ["app_tasks_max"]),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) and len(value) == 2 and value[0] == "-e" else None,
)
def test_a_wrong_variable_is_named_before_anything_is_created(laboratory, wrong, words):
    before = len(laboratory.calls())
    output = laboratory.play("site.yml", *wrong, code=2)
    message = output.partition("fatal: ")[2]
    for word in words:
        assert word in message
    assert "Traceback" not in output
    assert laboratory.writes_since(before) == []


def test_an_endpoint_that_does_not_answer_is_said_soon(laboratory):
    nobody = f"http://{laboratory.settings.network}.0.9:4566"
    output = laboratory.play("site.yml", code=2, AWS_ENDPOINT_URL=nobody)
    assert nobody in output
    assert "AWS_ENDPOINT_URL" in output


def test_an_inventory_for_an_account_refuses_a_shell_of_the_lab(laboratory):
    output = laboratory.play("site.yml", inventory="prod", code=2)
    assert "new shell" in output


def test_the_labs_inventory_refuses_an_account(laboratory):
    before = len(laboratory.calls())
    output = laboratory.play("site.yml", code=2, AWS_ENDPOINT_URL="")
    assert ". .lab/env" in output
    assert len(laboratory.calls()) == before
