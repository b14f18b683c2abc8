import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.aws import doing
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._release.clients import brisk, is_passing
from botocore import exceptions as sdk


def refused(code, status=400, message="words"):
    answer = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return sdk.ClientError(answer, "ModifyRule")


PASSING = [
    refused("Throttling"),
    refused("ThrottlingException"),
    refused("Whatever", 500),
    refused("Whatever", 503),
    refused("Whatever", 429),
    refused(
        "ClientException", message="Too many concurrent attempts to create a new revision of the specified family."
    ),
    sdk.EndpointConnectionError(endpoint_url="https://x"),
    sdk.ConnectTimeoutError(endpoint_url="https://x"),
    sdk.ReadTimeoutError(endpoint_url="https://x"),
    sdk.ConnectionClosedError(endpoint_url="https://x"),
]
LASTING = [
    refused("AccessDenied", 403),
    refused("RuleNotFound"),
    refused("ClientException"),
    sdk.NoCredentialsError(),
    sdk.SSLError(endpoint_url="https://x", error="certificate verify failed"),
    sdk.ParamValidationError(report="x"),
    CalstackError("x"),
    ValueError("x"),
]


def wrapped(error):
    with pytest.raises((CalstackError, ValueError)) as caught, doing("setting the rule"):
        raise error
    return caught.value


@pytest.mark.parametrize("error", PASSING, ids=repr)
def test_worth_another_try(error):
    assert is_passing(error)
    assert is_passing(wrapped(error))


@pytest.mark.parametrize("error", LASTING, ids=repr)
def test_refused(error):
    assert not is_passing(error)
    assert not is_passing(wrapped(error))


def test_clients_give_up_soon():
    class Maker:
        def client(self, service, **extra):
            return service, extra["config"]

    service, config = brisk(Maker())("elbv2")
    assert service == "elbv2"
    assert config["retries"] == {"mode": "standard", "total_max_attempts": 3}
    assert config["read_timeout"] <= 10
