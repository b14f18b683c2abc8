"""What the deploy role may do: what a release and a push need, limited, and without a way to more."""

import re
from fnmatch import fnmatchcase

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._delivery.permissions import LOOK, PUSH, Place, policy
from ansible_collections.calstack.aws.plugins.module_utils._ecs.permissions import Account, document
from cloudsplaining.scan.policy_document import PolicyDocument
from conftest import CHECKOUT
from policy_sentry.querying.actions import get_action_data

STACK = "calstack-dev"
RULES = {
    f"arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener-rule/app/{STACK}-alb/1/2/{number}" for number in "34"
}
REPOSITORY = f"arn:aws:ecr:eu-west-1:123456789012:repository/{STACK}"
PLACE = Place(Account("123456789012", "aws", "eu-west-1"), "dev", STACK, frozenset(RULES), REPOSITORY)
ASK_FOR_SEVERAL = {"cloudwatch:DescribeAlarms", "ecs:ListTasks"}
"""They know a resource, but are asked for all alarms with a name of several, and for a service's tasks."""
OF_PUSH = {
    f"ecr:{name}"
    for name in (
        *("BatchCheckLayerAvailability", "GetDownloadUrlForLayer", "InitiateLayerUpload", "UploadLayerPart"),
        *("CompleteLayerUpload", "GetAuthorizationToken"),
    )
}


@pytest.fixture(scope="module")
def made():
    return document(policy(PLACE))["Statement"]


def allowed(made):
    return {action for statement in made for action in statement["Action"]}


def listed():
    """What docs/permissions.md says that a release needs, but for the secret that the role may not read."""
    text = (CHECKOUT / "docs/permissions.md").read_text().partition("## What a release needs")[2]
    rows = re.findall(r"^\| ([a-z0-9, -]+) \|(.*)", text.partition("\n## ")[0].partition("`playbooks/status")[0], re.M)
    found = set()
    for services, cells in rows:
        words = re.findall(r"`([A-Z][A-Za-z*]+)`", cells)
        if services == "sts, tag":
            found |= {"sts:GetCallerIdentity", "tag:GetResources"}
        elif services != "service":
            found |= {f"{services}:{word}" for word in words}
    return found - {"dynamodb:TransactWriteItems", "secretsmanager:GetSecretValue"}


def test_it_is_what_the_documentation_lists_for_a_release_and_the_push(made):
    documented = listed()
    assert {"dynamodb:UpdateItem", "iam:PassRole", "elasticloadbalancing:ModifyRule"} <= documented
    for word in documented:
        assert any(fnmatchcase(action, word) for action in allowed(made)), word
    for action in allowed(made) - OF_PUSH:
        assert any(fnmatchcase(action, word) for word in documented), action


def test_it_may_ask_which_of_two_resources_is_there(made):
    """What _stack/living.py asks where two go by one name."""
    asked = {f"elasticloadbalancing:Describe{name}" for name in ("LoadBalancers", "TargetGroups", "Listeners", "Rules")}
    assert asked | {"ec2:DescribeTags", "secretsmanager:DescribeSecret"} <= allowed(made)
    (secrets,) = [statement for statement in made if "secretsmanager:DescribeSecret" in statement["Action"]]
    assert secrets["Action"] == ["secretsmanager:DescribeSecret"]
    assert secrets["Resource"] == ["arn:aws:secretsmanager:eu-west-1:123456789012:secret:calstack/dev/*"]
    text = (CHECKOUT / "docs/permissions.md").read_text().partition("Whoever pushes images")[2].partition("\n## ")[0]
    for action in (*asked, "ec2:DescribeTags", "secretsmanager:DescribeSecret"):
        service, name = action.split(":")
        assert re.search(rf"^\| {service} \|.*`{name}`", text, re.MULTILINE), action


def test_cloudsplaining_finds_nothing(made):
    scanned = PolicyDocument({"Version": "2012-10-17", "Statement": made})
    assert scanned.allows_privilege_escalation == []
    assert scanned.allows_data_exfiltration_actions == []
    assert scanned.permissions_management_without_constraints == []
    assert scanned.infrastructure_modification == []
    assert scanned.credentials_exposure in ([], ["ecr:GetAuthorizationToken"])
    assert scanned.service_wildcard == []
    assert not scanned.contains_statement_using_not_action


def test_cloudsplaining_would_find_something():
    """The test above can fail: the same policy for every resource does not pass."""
    loose = [{**statement, "Resource": ["*"]} for statement in document(policy(PLACE))["Statement"]]
    for statement in loose:
        statement.pop("Condition", None)
    scanned = PolicyDocument({"Version": "2012-10-17", "Statement": loose})
    assert "iam:PassRole" in scanned.permissions_management_without_constraints
    assert "ecs:UpdateService" in scanned.infrastructure_modification


def test_only_actions_that_know_no_resource_stand_with_a_star(made):
    for statement in made:
        for action in statement["Action"] if statement["Resource"] == ["*"] else ():
            service, name = action.split(":")
            known = {entry["resource_arn_format"] for entry in get_action_data(service, name)[service]}
            assert known == {"*"} or action in ASK_FOR_SEVERAL, action


def test_every_action_exists_and_takes_the_resource_it_is_limited_to(made):
    for statement in made:
        for action in statement["Action"]:
            service, name = action.split(":")
            entries = get_action_data(service, name)
            assert entries, action
            formats = {entry["resource_arn_format"] for entry in entries[service]}
            for resource in set(statement["Resource"]) - {"*"}:
                assert any(re.fullmatch(_pattern(shape), resource) for shape in formats), (action, resource, formats)


def _pattern(shape):
    return "".join(".*" if part.startswith("$") else re.escape(part) for part in re.split(r"(\$\{\w+\})", shape))


def test_nothing_is_of_another_stack(made):
    """By its name, or where ARNs have ids by its environment's tag; scalable targets have neither."""
    for statement in made:
        tagged = "aws:ResourceTag/calstack:environment" in statement.get("Condition", {}).get("StringEquals", {})
        for resource in set(statement["Resource"]) - {"*"}:
            ours = rf"[:/]{STACK}[:/-]|[:/]{STACK}$|:secret:calstack/dev/\*$|:scalable-target/\*$"
            assert tagged or re.search(ours, resource), resource


def test_roles_are_passed_to_their_own_service_only(made):
    passed = {
        statement["Condition"]["StringEquals"]["iam:PassedToService"][0]: sorted(statement["Resource"])
        for statement in made
        if "iam:PassRole" in statement["Action"]
    }
    role = f"arn:aws:iam::123456789012:role/{STACK}-eu-west-1-"
    assert passed == {
        "ecs-tasks.amazonaws.com": [f"{role}ecs-execution", f"{role}ecs-task"],
        "scheduler.amazonaws.com": [f"{role}release-schedule"],
    }


def test_no_word_is_a_pattern():
    assert not [action for action in LOOK | PUSH if "*" in action]
