from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError


def test_a_topic_with_other_tags_is_refused(plain: Any, mended: Any) -> None:
    for client in (plain, mended):
        arn = client("sns").create_topic(Name="tagged", Tags=[{"Key": "a", "Value": "1"}])["TopicArn"]
        assert client("sns").create_topic(Name="tagged")["TopicArn"] == arn
        assert client("sns").create_topic(Name="tagged", Tags=[{"Key": "a", "Value": "1"}])["TopicArn"] == arn
    plain("sns").create_topic(Name="tagged", Tags=[{"Key": "a", "Value": "2"}])
    with pytest.raises(ClientError, match="Topic already exists with different tags") as caught:
        mended("sns").create_topic(Name="tagged", Tags=[{"Key": "a", "Value": "2"}])
    assert caught.value.response["Error"]["Code"] == "InvalidParameter"


def test_messages_stay_on_this_machine(plain: Any, mended: Any) -> None:
    def send(client: Any) -> None:
        arn = client("sns").create_topic(Name="far")["TopicArn"]
        client("sns").subscribe(TopicArn=arn, Protocol="http", Endpoint="http://calstack.invalid/")
        client("sns").publish(TopicArn=arn, Message="hello")

    with pytest.raises(ResponseParserError):
        send(plain)  # there is no such host
    send(mended)
