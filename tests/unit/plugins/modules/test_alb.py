"""The module as Ansible calls it."""

import json

import pytest
import yaml
from alb_account import DOMAIN, ready, site
from ansible.module_utils.testing import patch_module_args
from ansible_collections.calstack.aws.plugins.modules import alb
from module_answer import ANSIBLES_OWN

BASE = {"environment_name": "dev", "stack_name": "calstack-dev"}
PUBLISHED = {
    "alb_arn",
    "alb_dns_name",
    "alb_zone_id",
    "alb_https_listener_arn",
    "alb_rule_arns",
    "alb_target_group_arns",
}


@pytest.fixture
def aws():
    with ready() as (made, given):
        made.given = given
        yield made


def call(capsys, **given):
    """The module's answer, as it prints it."""
    with patch_module_args(BASE | given), pytest.raises(SystemExit):
        alb.main()
    return json.loads(capsys.readouterr().out)


def documented(option):
    """An option's documentation in the words of an argument spec."""
    spec = {key: option[key] for key in ("type", "elements", "choices", "default", "required") if key in option}
    if "suboptions" in option:
        spec["options"] = {name: documented(sub) for name, sub in option["suboptions"].items()}
    return spec


def test_what_is_documented_is_what_is_taken():
    options = yaml.safe_load(alb.DOCUMENTATION)["options"]
    assert {name: documented(option) for name, option in options.items()} == alb.OPTIONS


def test_every_key_it_returns_is_documented(aws, capsys):
    answer = call(capsys, domain=DOMAIN, **aws.given)
    assert answer["changed"]
    assert answer.keys() > PUBLISHED
    assert answer.keys() - ANSIBLES_OWN == yaml.safe_load(alb.RETURN).keys()
    assert set(answer["alb_rule_arns"]) == {"production", "test"}
    assert set(answer["alb_target_group_arns"]) == {"blue", "green"}
    again = call(capsys, domain=DOMAIN, **aws.given)
    assert not again["changed"]
    assert {key: again[key] for key in PUBLISHED} == {key: answer[key] for key in PUBLISHED}


def test_check_mode_publishes_what_it_cannot_know_yet(aws, capsys):
    answer = call(capsys, domain=DOMAIN, _ansible_check_mode=True, **aws.given)
    assert answer["alb_target_group_arns"] == {"blue": "(known after apply)", "green": "(known after apply)"}
    assert "+ load balancer calstack-dev-alb" in answer["diff"]["prepared"]
    assert not aws("elbv2").describe_load_balancers()["LoadBalancers"]


def test_wrong_input_ends_in_one_message(aws, capsys):
    answer = call(capsys, domain=DOMAIN, **(aws.given | {"subnet_ids": aws.given["subnet_ids"][:1]}))
    assert answer["failed"]
    assert answer["msg"].startswith("alb_subnet_ids are in 1 zone")


def test_a_colour_no_rule_names_is_warned_about(aws, capsys):
    found = {(item.kind, item.name): item.id for item in site(aws, aws.given).found}
    blue = [{"Type": "forward", "TargetGroupArn": found["target group", "calstack-dev-blue"]}]
    for purpose in ("production", "test"):
        aws("elbv2").modify_rule(RuleArn=found["rule", f"calstack-dev-{purpose}"], Actions=blue)
    answer = call(capsys, domain=DOMAIN, **aws.given)
    assert not answer["changed"]
    assert "calstack-dev-green" in str(answer["warnings"])


def test_absent_needs_nothing_but_names(aws, capsys):
    site(aws, aws.given)
    assert len(call(capsys, state="absent")["changes"]) == 7
    assert not call(capsys, state="absent")["changed"]


def test_the_secret_header_shows_nowhere(aws, capsys):
    values = ("first-of-the-values-48", "second-of-the-values-48")
    manager = aws("secretsmanager")
    secret = manager.create_secret(Name="calstack/dev/origin", SecretString=json.dumps({"ORIGIN_HEADER": values[0]}))
    given = aws.given | {"domain": DOMAIN, "origin_secret_arn": secret["ARN"], "_ansible_diff": True}
    answers = [call(capsys, **given)]
    manager.put_secret_value(SecretId=secret["ARN"], SecretString=json.dumps({"ORIGIN_HEADER": values[1]}))
    answers += [call(capsys, **given, _ansible_check_mode=True), call(capsys, **given), call(capsys, **given)]
    assert [answer["changed"] for answer in answers] == [True, True, True, False]
    assert "origin: (another value) -> (set)" in answers[1]["diff"]["prepared"]
    assert not any(value in json.dumps(answers) for value in values)
