"""DynamoDB: what a release's lock and record rely on."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

KEY = {"pk": {"S": "lock"}}
ABSENT = {"ConditionExpression": "attribute_not_exists(pk)"}


def table(client: Any, name: str, **more: Any) -> Any:
    return client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        **more,
    )["TableDescription"]


def refused(call: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as caught:
        call()
    return dict(caught.value.response)


def test_a_transaction_whose_answer_was_lost_is_done_once(plain: Any, mended: Any) -> None:
    for client in (plain, mended):
        table(client, "tokens")
    put = [{"Put": {"TableName": "tokens", "Item": KEY, **ABSENT}}]
    given = {"ClientRequestToken": "a" * 36, "TransactItems": put}
    plain("dynamodb").transact_write_items(**given)
    answer = refused(lambda: plain("dynamodb").transact_write_items(**given))
    assert answer["Error"]["Code"] == "TransactionCanceledException"

    dynamodb = mended("dynamodb")
    dynamodb.transact_write_items(**given)
    dynamodb.transact_write_items(**given)
    answer = refused(lambda: dynamodb.transact_write_items(**{**given, "ClientRequestToken": "b" * 36}))
    assert [reason["Code"] for reason in answer["CancellationReasons"]] == ["ConditionalCheckFailed"]
    other = [{"Delete": {"TableName": "tokens", "Key": KEY}}]
    answer = refused(lambda: dynamodb.transact_write_items(**{**given, "TransactItems": other}))
    assert answer["Error"]["Code"] == "IdempotentParameterMismatchException"


def test_a_refused_transaction_may_be_tried_again_with_its_token(mended: Any) -> None:
    table(mended, "again")
    dynamodb = mended("dynamodb")
    dynamodb.put_item(TableName="again", Item=KEY)
    put = [{"Put": {"TableName": "again", "Item": KEY, **ABSENT}}]
    given = {"ClientRequestToken": "c" * 36, "TransactItems": put}
    refused(lambda: dynamodb.transact_write_items(**given))
    dynamodb.delete_item(TableName="again", Key=KEY)
    dynamodb.transact_write_items(**given)


def test_a_condition_that_fails_shows_what_there_is_and_writes_nothing(mended: Any) -> None:
    table(mended, "checked")
    dynamodb = mended("dynamodb")
    dynamodb.put_item(TableName="checked", Item={**KEY, "holder": {"S": "me"}})
    shown = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    check = {
        "ConditionExpression": "holder = :h",
        "ExpressionAttributeValues": {":h": {"S": "you"}},
        "TableName": "checked",
        "Key": KEY,
        **shown,
    }
    record = {"Put": {"TableName": "checked", "Item": {"pk": {"S": "record"}}}}
    answer = refused(lambda: dynamodb.transact_write_items(TransactItems=[record, {"ConditionCheck": check}]))
    assert [reason["Code"] for reason in answer["CancellationReasons"]] == ["None", "ConditionalCheckFailed"]
    assert answer["CancellationReasons"][1]["Item"]["holder"] == {"S": "me"}
    assert "Item" not in dynamodb.get_item(TableName="checked", Key={"pk": {"S": "record"}})
    answer = refused(lambda: dynamodb.put_item(TableName="checked", Item=KEY, **ABSENT, **shown))
    assert answer["Item"]["holder"] == {"S": "me"}
    updated = dynamodb.update_item(
        TableName="checked",
        Key=KEY,
        UpdateExpression="SET generation = if_not_exists(generation, :z) + :o",
        ExpressionAttributeValues={":z": {"N": "0"}, ":o": {"N": "1"}},
        ReturnValues="ALL_NEW",
    )
    assert updated["Attributes"] == {**KEY, "holder": {"S": "me"}, "generation": {"N": "1"}}


def test_a_table_made_again_is_another(plain: Any, mended: Any) -> None:
    assert "TableId" not in table(plain, "identity")
    first = table(mended, "identity")["TableId"]
    assert mended("dynamodb").describe_table(TableName="identity")["Table"]["TableId"] == first
    mended("dynamodb").delete_table(TableName="identity")
    assert table(mended, "identity")["TableId"] != first


def test_time_to_live_is_switched_on_once(plain: Any, mended: Any) -> None:
    given = {"TableName": "ttl", "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "expires"}}
    for client in (plain, mended):
        table(client, "ttl")
        client("dynamodb").update_time_to_live(**given)
    plain("dynamodb").update_time_to_live(**given)
    error = refused(lambda: mended("dynamodb").update_time_to_live(**given))["Error"]
    assert (error["Code"], error["Message"]) == ("ValidationException", "TimeToLive is already enabled")


def test_protection_recovery_and_tags(mended: Any) -> None:
    dynamodb = mended("dynamodb")
    made = table(mended, "kept", DeletionProtectionEnabled=True, Tags=[{"Key": "a", "Value": "1"}])
    assert refused(lambda: dynamodb.delete_table(TableName="kept"))["Error"]["Code"] == "ValidationException"
    recovery = {"PointInTimeRecoveryEnabled": True}
    dynamodb.update_continuous_backups(TableName="kept", PointInTimeRecoverySpecification=recovery)
    found = dynamodb.describe_continuous_backups(TableName="kept")["ContinuousBackupsDescription"]
    assert found["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    dynamodb.tag_resource(ResourceArn=made["TableArn"], Tags=[{"Key": "b", "Value": "2"}])
    dynamodb.untag_resource(ResourceArn=made["TableArn"], TagKeys=["a"])
    assert dynamodb.list_tags_of_resource(ResourceArn=made["TableArn"])["Tags"] == [{"Key": "b", "Value": "2"}]
    dynamodb.update_table(TableName="kept", DeletionProtectionEnabled=False)
    dynamodb.delete_table(TableName="kept")
    error = refused(lambda: dynamodb.describe_table(TableName="kept"))["Error"]
    assert error["Code"] == "ResourceNotFoundException"
