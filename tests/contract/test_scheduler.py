"""EventBridge Scheduler: what a release's dead-man switch relies on."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

OFF = {"Mode": "OFF"}
LATER = "at(2099-01-01T00:00:00)"
TRUST = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "scheduler.amazonaws.com"}, "Action": "sts:*"}]}
INPUT = {"Cluster": "c", "Service": "s", "DesiredCount": 0}


def role(client: Any, name: str, trust: Any = TRUST) -> str:
    iam = client("iam")
    try:
        return str(iam.get_role(RoleName=name)["Role"]["Arn"])
    except iam.exceptions.NoSuchEntityException:
        return str(iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"])


def target(client: Any, action: str = "ecs:updateService", given: Any = INPUT) -> dict[str, str]:
    return {
        "Arn": f"arn:aws:scheduler:::aws-sdk:{action}",
        "RoleArn": role(client, "dead-man"),
        "Input": json.dumps(given),
    }


def create(client: Any, name: str, **more: Any) -> Any:
    given = {"Name": name, "ScheduleExpression": LATER, "FlexibleTimeWindow": OFF, "Target": target(client), **more}
    return client("scheduler").create_schedule(**given)


def code(call: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call()
    return str(caught.value.response["Error"]["Code"])


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"ScheduleExpression": "tomorrow"}, "Invalid Schedule Expression tomorrow."),
        ({"ScheduleExpressionTimezone": "Europe/Atlantis"}, "Europe/Atlantis"),
        ({"given": {"cluster": "c"}}, "Request payload is missing the following field(s): Service."),
        ({"action": "ecs:describeServices"}, "read-only"),
        ({"role": "untrusting"}, "must allow AWS EventBridge Scheduler to assume the role"),
    ],
)
def test_what_cannot_work_is_refused_at_once(plain: Any, mended: Any, more: dict[str, Any], words: str) -> None:
    more = dict(more)
    caught = []
    for number, client in enumerate((plain, mended)):
        aimed = target(client, more.get("action", "ecs:updateService"), more.get("given", INPUT))
        if "role" in more:
            aimed["RoleArn"] = role(client, more["role"], {"Statement": []})
        given = {key: value for key, value in more.items() if key[0].isupper()}
        try:
            create(client, f"refused-{abs(hash(words))}-{number}", Target=aimed, **given)
        except ClientError as error:
            caught.append(error.response["Error"])
    (error,) = caught  # moto as it comes takes all of them
    assert error["Code"] == "ValidationException"
    assert words in error["Message"]


def test_the_same_token_twice_is_one_schedule(plain: Any, mended: Any) -> None:
    create(plain, "token", ClientToken="a" * 10)
    assert code(lambda: create(plain, "token", ClientToken="a" * 10)) == "ConflictException"
    first = create(mended, "token", ClientToken="a" * 10)
    assert create(mended, "token", ClientToken="a" * 10)["ScheduleArn"] == first["ScheduleArn"]
    assert code(lambda: create(mended, "token", ClientToken="b" * 10)) == "ConflictException"


def test_an_update_replaces_everything(plain: Any, mended: Any) -> None:
    found = []
    for client in (plain, mended):
        create(client, "updated", Description="d", State="DISABLED", ActionAfterCompletion="DELETE")
        client("scheduler").update_schedule(
            Name="updated",
            ScheduleExpression="at(2098-01-01T00:00:00)",
            FlexibleTimeWindow=OFF,
            Target=target(client),
        )
        schedule = client("scheduler").get_schedule(Name="updated")
        found.append([schedule.get(key) for key in ("State", "ActionAfterCompletion", "Description")])
        assert schedule["ScheduleExpression"] == "at(2098-01-01T00:00:00)"
    assert found == [[None, "DELETE", None], ["ENABLED", "NONE", None]]


def test_an_update_puts_off_and_keeps_deletion(mended: Any) -> None:
    create(mended, "kept", ActionAfterCompletion="DELETE")
    scheduler = mended("scheduler")
    scheduler.update_schedule(
        Name="kept",
        ScheduleExpression=LATER,
        FlexibleTimeWindow=OFF,
        Target=target(mended),
        ActionAfterCompletion="DELETE",
    )
    assert scheduler.get_schedule(Name="kept")["ActionAfterCompletion"] == "DELETE"
    missing = {"Name": "missing", "ScheduleExpression": LATER, "FlexibleTimeWindow": OFF, "Target": target(mended)}
    assert code(lambda: scheduler.update_schedule(**missing)) == "ResourceNotFoundException"


def test_groups_are_told_apart_and_take_their_schedules_along(plain: Any, mended: Any) -> None:
    moto = plain("scheduler")
    moto.create_schedule_group(Name="twice")
    moto.create_schedule_group(Name="twice")
    assert code(lambda: moto.delete_schedule_group(Name="missing")) == "500"
    assert code(lambda: create(plain, "x", GroupName="missing")) == "500"

    scheduler = mended("scheduler")
    scheduler.create_schedule_group(Name="one", Tags=[{"Key": "k", "Value": "v"}])
    assert code(lambda: scheduler.create_schedule_group(Name="one")) == "ConflictException"
    create(mended, "inside", GroupName="one")
    listed = scheduler.list_schedules(GroupName="one", NamePrefix="in")["Schedules"]
    assert [item["Name"] for item in listed] == ["inside"]
    scheduler.delete_schedule_group(Name="one")
    for call in (
        lambda: scheduler.get_schedule_group(Name="one"),
        lambda: scheduler.get_schedule(GroupName="one", Name="inside"),
        lambda: scheduler.delete_schedule_group(Name="one"),
        lambda: create(mended, "inside", GroupName="one"),
    ):
        assert code(call) == "ResourceNotFoundException"
    assert code(lambda: scheduler.delete_schedule_group(Name="default")) == "ValidationException"


def test_tags_of_a_group(mended: Any) -> None:
    scheduler = mended("scheduler")
    arn = scheduler.create_schedule_group(Name="labelled", Tags=[{"Key": "a", "Value": "1"}])["ScheduleGroupArn"]
    scheduler.tag_resource(ResourceArn=arn, Tags=[{"Key": "b", "Value": "2"}])
    scheduler.untag_resource(ResourceArn=arn, TagKeys=["a"])
    assert scheduler.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
