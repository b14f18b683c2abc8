"""What DynamoDB and the scheduler take their time for."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import NotReadyError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Wanted
from ansible_collections.calstack.aws.plugins.module_utils._release_support.model import KEYS
from ansible_collections.calstack.aws.plugins.module_utils._release_support.schedule_group import ScheduleGroup
from ansible_collections.calstack.aws.plugins.module_utils._release_support.table import Table
from botocore.exceptions import ClientError
from emulator import account

SCOPE = Scope("dev", "release", "calstack-dev")
TABLE = "calstack-dev-releases"
PROPERTIES = {
    "keys": KEYS,
    "billing_mode": "PAY_PER_REQUEST",
    "point_in_time_recovery": True,
    "deletion_protection": False,
    "tags": SCOPE.tags(TABLE),
}


class Time:
    def __init__(self):
        self.now = 0.0

    def clock(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


@pytest.fixture
def aws():
    with account() as made:
        yield made


def table(aws, time):
    return Table(aws, SCOPE, clock=time.clock, sleep=time.sleep)


def refusing(call, code, times):
    """`call`, refused with `code` the first `times`."""
    left = [times]

    def answer(**given):
        if left[0]:
            left[0] -= 1
            raise ClientError({"Error": {"Code": code, "Message": "not now"}}, "x")
        return call(**given)

    return answer


def going_through(call, *states):
    """`call`, whose table is in each of `states` once before it is in its own."""
    left = list(states)

    def answer(**given):
        found = call(**given)
        if left:
            found["Table"]["TableStatus"] = left.pop(0)
        return found

    return answer


def recovery(aws):
    found = aws("dynamodb").describe_continuous_backups(TableName=TABLE)["ContinuousBackupsDescription"]
    return found["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]


def test_a_new_table_is_waited_for_and_its_copies_are_switched_on_when_dynamodb_can(aws, monkeypatch):
    time, client = Time(), aws("dynamodb")
    kind = table(aws, time)
    found = kind.create(TABLE, PROPERTIES)
    monkeypatch.setattr(client, "describe_table", going_through(client.describe_table, "CREATING", "CREATING"))
    unavailable = refusing(client.update_continuous_backups, "ContinuousBackupsUnavailableException", 2)
    monkeypatch.setattr(client, "update_continuous_backups", unavailable)
    kind.settle(found)
    assert recovery(aws) == "ENABLED"
    assert time.now > 4


def test_a_new_table_is_ready_when_its_tags_can_be_read(aws):
    time = Time()
    kind = table(aws, time)
    found = kind.create(TABLE, {**PROPERTIES, "tags": {}})
    with pytest.raises(NotReadyError, match="ACTIVE without its tags"):
        kind.settle(found)


def test_one_that_is_being_made_is_read_when_it_is_there(aws, monkeypatch):
    time, client = Time(), aws("dynamodb")
    kind = table(aws, time)
    kind.create(TABLE, PROPERTIES)
    monkeypatch.setattr(client, "describe_table", going_through(client.describe_table, "CREATING", "UPDATING"))
    (found,) = kind.read([Wanted("table", TABLE, PROPERTIES)])
    assert found.properties["tags"] == SCOPE.tags(TABLE)
    assert time.now > 0


def test_a_change_waits_for_the_one_before(aws, monkeypatch):
    time, client = Time(), aws("dynamodb")
    kind = table(aws, time)
    found = kind.settle(kind.create(TABLE, PROPERTIES))
    seen = []
    plain = going_through(client.describe_table, "UPDATING")

    def describe(**given):
        answer = plain(**given)
        seen.append(answer["Table"]["TableStatus"])
        return answer

    monkeypatch.setattr(client, "describe_table", describe)
    kind.update(found, {"deletion_protection": True, "billing_mode": "PAY_PER_REQUEST"}, PROPERTIES)
    assert seen == ["UPDATING", "ACTIVE", "ACTIVE"]


def test_a_group_that_is_being_deleted_is_waited_for(aws, monkeypatch):
    time, client = Time(), aws("scheduler")
    kind = ScheduleGroup(aws, SCOPE, clock=time.clock, sleep=time.sleep)
    found = kind.create("calstack-dev", {"tags": SCOPE.tags("calstack-dev")})
    deleting = [True, True, True]

    def get(**_given):
        if not deleting:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": "gone"}}, "GetScheduleGroup")
        deleting.pop()
        return {"Name": "calstack-dev", "Arn": found.attributes["arn"], "State": "DELETING"}

    monkeypatch.setattr(client, "get_schedule_group", get)
    kind.delete(found)
    assert time.now > 0
    assert not deleting
    deleting += [True, True]
    assert kind.read([Wanted("schedule group", "calstack-dev", {})]) == []


@pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException"])
def test_a_refusal_is_never_read_as_absent(aws, monkeypatch, code):
    kind = table(aws, Time())
    monkeypatch.setattr(aws("dynamodb"), "describe_table", refusing(None, code, 99))
    with pytest.raises(ClientError):
        kind.read([])
