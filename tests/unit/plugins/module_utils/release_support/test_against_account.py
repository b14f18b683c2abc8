"""The component against an emulated account."""

import itertools
import json
from functools import partial

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.converge import converge
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import (
    CalstackError,
    FixedPropertyError,
    ForeignError,
    InputError,
)
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import known, resolve
from ansible_collections.calstack.aws.plugins.module_utils._core.show import show
from ansible_collections.calstack.aws.plugins.module_utils._release_support.component import release_support
from ansible_collections.calstack.aws.plugins.module_utils._release_support.schedule_group import ScheduleGroup
from ansible_collections.calstack.aws.plugins.module_utils._release_support.table import Table
from ansible_collections.calstack.aws.plugins.modules.release_support import OPTIONS
from emulator import account

TABLE = "calstack-dev-releases"
ROLE = "calstack-dev-eu-west-1-release-schedule"
GROUP = "calstack-dev"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:calstack-dev-releases"
EVERYTHING = [f"table {TABLE}", f"topic {TABLE}", f"role {ROLE}", f"schedule group {GROUP}"]
RULE = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener-rule/app/calstack-dev-alb/1/2/3"
SERVICES = {
    colour: f"arn:aws:ecs:eu-west-1:123456789012:service/calstack-dev/calstack-dev-{colour}"
    for colour in ("blue", "green")
}
DEFAULTS = {name: option["default"] for name, option in OPTIONS.items()}
GIVEN = DEFAULTS | {"rule_arn": RULE, "service_arns": SERVICES}


@pytest.fixture
def aws():
    with account() as made:
        yield made


def scope(environment="dev"):
    return Scope(environment, "release", f"calstack-{environment}")


def kinds(aws, component, environment):
    timed = {"clock": itertools.count().__next__, "sleep": lambda _seconds: None}
    timed_kinds = [partial(kind, **timed) if kind in (Table, ScheduleGroup) else kind for kind in component.kinds]
    return [kind(aws, scope(environment)) for kind in timed_kinds]


def site(aws, environment="dev", *, check=False, **given):
    """What the module does with state present: the result, and what is published."""
    component = release_support(check=check)
    params = GIVEN | given
    params |= component.survey(aws, params, scope(environment))
    wanted = component.wanted(params, scope(environment))
    result = converge(kinds(aws, component, environment), wanted, check=check, sleep=lambda _seconds: None)
    return result, resolve(component.outputs(params, scope(environment)), known(result.found))


def destroy(aws, environment="dev", *, check=False):
    return converge(kinds(aws, release_support(), environment), (), check=check)


def steps(result):
    return [f"{change.action} {change.kind} {change.name}" for change in result.changes]


def table(aws):
    return aws("dynamodb").describe_table(TableName=TABLE)["Table"]


def statements(aws):
    policy = aws("iam").get_role_policy(RoleName=ROLE, PolicyName="schedules")["PolicyDocument"]
    return {statement["Sid"]: statement for statement in policy["Statement"]}


def schedule(aws, name="dead-man", group=GROUP):
    aws("scheduler").create_schedule(
        Name=name,
        GroupName=group,
        ScheduleExpression="at(2030-01-01T00:00:00)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": "arn:aws:scheduler:::aws-sdk:elasticloadbalancingv2:modifyRule", "RoleArn": "x", "Input": "{}"},
    )


def test_everything_is_made_once_and_published(aws):
    result, published = site(aws)
    assert steps(result) == [f"create {name}" for name in EVERYTHING]
    assert published == {
        "release_table_name": TABLE,
        "release_topic_arn": TOPIC,
        "release_schedule_role_arn": f"arn:aws:iam::123456789012:role/{ROLE}",
        "release_schedule_group_name": GROUP,
    }
    aws.calls.clear()
    again, same = site(aws)
    assert not again.changes
    assert same == published
    assert not aws.writes


def test_the_table_is_as_a_record_needs_it(aws):
    site(aws, deletion_protection=True)
    made = table(aws)
    assert [(key["AttributeName"], key["KeyType"]) for key in made["KeySchema"]] == [("pk", "HASH"), ("sk", "RANGE")]
    assert {item["AttributeType"] for item in made["AttributeDefinitions"]} == {"S"}
    assert made["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert made["DeletionProtectionEnabled"]
    backups = aws("dynamodb").describe_continuous_backups(TableName=TABLE)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"


def test_only_schedules_of_the_group_may_take_the_role(aws):
    site(aws)
    role = aws("iam").get_role(RoleName=ROLE)["Role"]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": ["scheduler.amazonaws.com"]}
    group = aws("scheduler").get_schedule_group(Name=GROUP)["Arn"]
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": ["123456789012"], "aws:SourceArn": [group]}}
    assert role["Description"] == "Release schedules of calstack-dev"


def test_the_role_may_do_what_rescues_and_retires_and_no_more(aws):
    site(aws)
    policy = statements(aws)
    assert {sid: sorted(item["Action"]) for sid, item in policy.items()} == {
        "RestoreStable": ["elasticloadbalancing:ModifyRule"],
        "StopRetired": ["ecs:DescribeServices", "ecs:UpdateService"],
        "RestoreScaling": ["application-autoscaling:RegisterScalableTarget"],
    }
    assert policy["RestoreStable"]["Resource"] == [RULE]
    assert policy["StopRetired"]["Resource"] == sorted(SERVICES.values())
    (targets,) = policy["RestoreScaling"]["Resource"]
    assert targets == "arn:aws:application-autoscaling:eu-west-1:123456789012:scalable-target/*"
    assert policy["RestoreScaling"]["Condition"] == {
        "StringEquals": {
            "application-autoscaling:service-namespace": ["ecs"],
            "application-autoscaling:scalable-dimension": ["ecs:service:DesiredCount"],
        }
    }


def test_what_drifted_is_put_back(aws):
    site(aws)
    dynamodb, group = aws("dynamodb"), aws("scheduler").get_schedule_group(Name=GROUP)["Arn"]
    off = {"PointInTimeRecoveryEnabled": False}
    dynamodb.update_continuous_backups(TableName=TABLE, PointInTimeRecoverySpecification=off)
    dynamodb.update_table(TableName=TABLE, DeletionProtectionEnabled=True)
    dynamodb.update_table(
        TableName=TABLE,
        BillingMode="PROVISIONED",
        ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
    )
    dynamodb.untag_resource(ResourceArn=table(aws)["TableArn"], TagKeys=["calstack:component"])
    aws("sns").set_topic_attributes(TopicArn=TOPIC, AttributeName="KmsMasterKeyId", AttributeValue="")
    aws("sns").untag_resource(ResourceArn=TOPIC, TagKeys=["Name"])
    aws("scheduler").untag_resource(ResourceArn=group, TagKeys=["Name"])
    everything = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
    aws("iam").put_role_policy(RoleName=ROLE, PolicyName="more", PolicyDocument=everything)
    aws.calls.clear()
    drift, _ = site(aws, check=True)
    assert steps(drift) == [f"update {name}" for name in EVERYTHING]
    assert not aws.writes
    text = show(drift.changes)
    assert "billing_mode: PROVISIONED -> PAY_PER_REQUEST" in text
    assert "point_in_time_recovery: False -> True" in text
    assert "deletion_protection: True -> False" in text
    assert "tags.calstack:component: (none) -> release" in text
    site(aws)
    assert not site(aws, check=True)[0].changes
    assert aws("iam").list_role_policies(RoleName=ROLE)["PolicyNames"] == ["schedules"]
    assert not table(aws)["DeletionProtectionEnabled"]


def test_another_rule_is_another_policy_only(aws):
    site(aws)
    result, _ = site(aws, rule_arn=RULE + "4")
    assert [(change.name, set(change.after)) for change in result.changes] == [(ROLE, {"inline"})]
    assert statements(aws)["RestoreStable"]["Resource"] == [RULE + "4"]


@pytest.mark.parametrize("died_after", range(1, 4))
def test_a_killed_run_is_completed(aws, died_after):
    component, params = release_support(), GIVEN
    params = params | component.survey(aws, params, scope())
    converge(kinds(aws, component, "dev")[:died_after], component.wanted(params, scope())[:died_after])
    assert steps(site(aws)[0]) == [f"create {name}" for name in EVERYTHING[died_after:]]


def test_a_run_killed_before_the_tables_copies_were_switched_on_is_completed(aws):
    component, params = release_support(), GIVEN
    params = params | component.survey(aws, params, scope())
    wanted = component.wanted(params, scope())[0]
    kinds(aws, component, "dev")[0].create(wanted.name, wanted.properties)
    assert set(site(aws)[0].changes[0].after) == {"point_in_time_recovery"}


def test_check_mode_on_an_empty_account_writes_nothing(aws):
    unknown = "(known after apply)"
    result, published = site(aws, check=True, rule_arn=unknown, service_arns=dict.fromkeys(SERVICES, unknown))
    assert steps(result) == [f"create {name}" for name in EVERYTHING]
    assert published["release_topic_arn"] == published["release_schedule_role_arn"] == unknown
    assert not aws.writes


def test_absent_takes_all_its_schedules_too_and_leaves_other_environments_alone(aws):
    site(aws)
    site(aws, "prod", deletion_protection=True)
    schedule(aws)
    schedule(aws, group="calstack-prod")
    aws.calls.clear()
    gone = [f"delete {name}" for name in reversed(EVERYTHING)]
    assert steps(destroy(aws, check=True)) == gone
    assert not aws.writes
    assert steps(destroy(aws)) == gone
    assert not destroy(aws).changes
    assert aws("dynamodb").list_tables()["TableNames"] == ["calstack-prod-releases"]
    left = aws("scheduler").list_schedules()["Schedules"]
    assert [item["GroupName"] for item in left] == ["calstack-prod"]
    assert not site(aws, "prod", deletion_protection=True)[0].changes


def test_a_protected_table_keeps_everything(aws):
    site(aws, deletion_protection=True)
    aws.calls.clear()
    for check in (True, False):
        with pytest.raises(CalstackError, match=r"nothing has been deleted\. Set release_deletion_protection: false"):
            destroy(aws, check=check)
    assert not aws.writes
    site(aws)
    destroy(aws)
    assert aws("dynamodb").list_tables()["TableNames"] == []


def test_a_strangers_of_our_name_are_neither_taken_nor_deleted(aws):
    key = {"AttributeName": "pk"}
    aws("dynamodb").create_table(
        TableName=TABLE,
        AttributeDefinitions=[key | {"AttributeType": "S"}],
        KeySchema=[key | {"KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        DeletionProtectionEnabled=True,
    )
    aws("sns").create_topic(Name=TABLE)
    aws("scheduler").create_schedule_group(Name=GROUP)
    assert not destroy(aws).changes
    with pytest.raises(ForeignError):
        site(aws)


def test_other_keys_cannot_be_put_right_in_place(aws):
    tags = [{"Key": key, "Value": value} for key, value in scope().tags(TABLE).items()]
    aws("dynamodb").create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=tags,
    )
    with pytest.raises(FixedPropertyError, match="keys"):
        site(aws)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"rule_arn": ""}, "release_rule_arn is empty: run the component alb first"),
        ({"service_arns": {"blue": "x"}}, "release_service_arns has none for green"),
        ({"service_arns": {}}, "none for blue and green: run the component ecs first"),
        ({"rule_arn": "(known after apply)"}, "release_rule_arn is .known after apply.: alb has only been planned"),
        (
            {"service_arns": {"blue": "x", "green": "(known after apply)"}},
            "release_service_arns is .known after apply.: ecs has only",
        ),
    ],
)
def test_what_cannot_be_built_is_refused_by_the_variables_name(aws, given, words):
    with pytest.raises(InputError, match=words):
        site(aws, **given)
    assert not aws.writes


def test_a_name_too_long_for_iam_is_refused(aws):
    with pytest.raises(InputError, match="IAM's limit is 64: shorten app_name or env_name"):
        site(aws, "x" * 32)
