import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

EXECUTION = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"


def attach(client: Any, policy: str) -> list[str]:
    iam = client("iam")
    iam.create_role(RoleName="attached", AssumeRolePolicyDocument="{}")
    try:
        iam.attach_role_policy(RoleName="attached", PolicyArn=policy)
        return [item["PolicyArn"] for item in iam.list_attached_role_policies(RoleName="attached")["AttachedPolicies"]]
    finally:
        for item in iam.list_attached_role_policies(RoleName="attached")["AttachedPolicies"]:
            iam.detach_role_policy(RoleName="attached", PolicyArn=item["PolicyArn"])
        iam.delete_role(RoleName="attached")


def test_managed_policies_are_there_when_asked_for(plain: Any, mended: Any) -> None:
    with pytest.raises(ClientError, match="NoSuchEntity"):
        attach(plain, EXECUTION)
    assert attach(mended, EXECUTION) == [EXECUTION]
    version = mended("iam").get_policy(PolicyArn=EXECUTION)["Policy"]["DefaultVersionId"]
    document = mended("iam").get_policy_version(PolicyArn=EXECUTION, VersionId=version)["PolicyVersion"]["Document"]
    assert "ecr:BatchGetImage" in json.dumps(document)


def test_a_managed_policy_that_aws_does_not_have_stays_missing(mended: Any) -> None:
    with pytest.raises(ClientError, match="NoSuchEntity"):
        attach(mended, "arn:aws:iam::aws:policy/AmazonECSTaskExecutionRolePolicy")
