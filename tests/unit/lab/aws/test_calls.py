import pytest

from lab.aws.calls import Call, identify


def signed(service: str, **headers: str) -> dict[str, str]:
    scope = f"AWS4-HMAC-SHA256 Credential=AKIA/20260101/eu-west-1/{service}/aws4_request, SignedHeaders=host"
    return {"authorization": scope, **{name.replace("_", "-"): value for name, value in headers.items()}}


FORM = "application/x-www-form-urlencoded; charset=utf-8"


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (
            ("POST", "/", "", signed("ec2", content_type=FORM), b"Action=DescribeVpcs&Version=1"),
            Call("ec2", "DescribeVpcs", False),
        ),
        (("POST", "/", "", signed("ec2", content_type=FORM), b"Action=CreateVpc"), Call("ec2", "CreateVpc", True)),
        (
            ("POST", "/", "", signed("ec2", content_type=FORM), b"Action=CreateVpc&DryRun=true"),
            Call("ec2", "CreateVpc", False),
        ),
        (
            ("POST", "/", "", signed("ecs", x_amz_target="AmazonEC2ContainerServiceV20141113.UpdateService"), b"{}"),
            Call("ecs", "UpdateService", True),
        ),
        (
            ("POST", "/", "", signed("dynamodb", x_amz_target="DynamoDB_20120810.Query"), b"{}"),
            Call("dynamodb", "Query", False),
        ),
        (("GET", "/bucket", "list-type=2", signed("s3"), b""), Call("s3", "GET /bucket", False)),
        (("PUT", "/bucket", "", signed("s3"), b""), Call("s3", "PUT /bucket", True)),
        (("POST", "/d", "WithTags=", signed("cloudfront"), b""), Call("cloudfront", "POST /d?WithTags", True)),
        (("GET", "/d", "Marker=x", signed("cloudfront"), b""), Call("cloudfront", "GET /d", False)),
        (
            ("POST", "/service/X/operation/PutMetricData", "", signed("monitoring"), b""),
            Call("monitoring", "PutMetricData", True),
        ),
        (("POST", "/", "Action=GetCallerIdentity", signed("sts"), b""), Call("sts", "GetCallerIdentity", False)),
        (("GET", "/_lab/status", "", {}, b""), None),
    ],
)
def test_a_call_is_named_and_known_to_write_or_not(
    call: tuple[str, str, str, dict[str, str], bytes], expected: Call
) -> None:
    assert identify(*call) == expected


@pytest.mark.parametrize("action", ["Getaway", "ListenerX", "Scanner", "DescribesX", "CheckmateX"])
def test_a_verb_counts_only_as_a_whole_word(action: str) -> None:
    found = identify("POST", "/", "", signed("x", x_amz_target=f"X.{action}"), b"")
    assert found is not None
    assert found.writes
