"""AWS's exceptions in the collection's words."""

import botocore.exceptions as sdk
import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.aws import AwsClients, doing, is_absent
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import AwsError, CalstackError


def refusal(code, message="No."):
    return sdk.ClientError({"Error": {"Code": code, "Message": message}}, "DescribeVpcs")


def test_a_refusal_says_what_was_done_who_refused_and_what_to_try():
    with pytest.raises(AwsError) as caught, doing("reading vpcs of calstack-dev"):
        raise refusal("ExpiredToken", "The security token included in the request is expired.")
    assert str(caught.value) == (
        "reading vpcs of calstack-dev: AWS answered ExpiredToken: The security token included in the request is "
        "expired. Log in again: the credentials have expired."
    )


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (sdk.NoCredentialsError(), r"no AWS credentials.*AWS_PROFILE"),
        (sdk.EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), r"http://127\.0\.0\.1:1.*AWS_ENDPOINT_URL"),
        (sdk.ReadTimeoutError(endpoint_url="http://127.0.0.1:1"), "Read timeout"),
    ],
)
def test_a_broken_connection_says_what_to_look_at(error, words):
    with pytest.raises(CalstackError, match=words), doing("reading"):
        raise error


def test_only_the_named_codes_mean_absent():
    assert is_absent(refusal("InvalidVpcID.NotFound"), "InvalidVpcID.NotFound")
    assert not is_absent(refusal("AccessDenied"), "InvalidVpcID.NotFound")
    assert not is_absent(ValueError("x"), "InvalidVpcID.NotFound")


def test_each_client_is_made_once():
    made = []

    class Maker:
        def client(self, service, **extra):
            made.append((service, extra["config"]["retries"]["mode"]))
            return object()

    clients = AwsClients(Maker())
    assert clients("ec2") is clients("ec2")
    clients("ecs")
    assert made == [("ec2", "standard"), ("ecs", "standard")]
