"""The component against an emulated account."""

import json

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.converge import converge
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import ForeignError, InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, known, resolve
from ansible_collections.calstack.aws.plugins.module_utils._delivery.component import delivery
from ansible_collections.calstack.aws.plugins.module_utils._delivery.provider import Provider
from ansible_collections.calstack.aws.plugins.modules.delivery import OPTIONS
from emulator import account

ISSUER = "token.actions.githubusercontent.com"
PROVIDER = f"arn:aws:iam::123456789012:oidc-provider/{ISSUER}"
ROLE = "calstack-dev-eu-west-1-deploy"
EVERYTHING = [f"identity provider {ISSUER}", f"role {ROLE}"]
RULE = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener-rule/app/calstack-dev-alb/1/2/"
BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"
DEFAULTS = {name: option["default"] for name, option in OPTIONS.items()}
GIVEN = DEFAULTS | {
    "repository": "example/calstack",
    "rule_arns": {"production": RULE + "3", "test": RULE + "4"},
    "image_repository_arn": "arn:aws:ecr:eu-west-1:123456789012:repository/calstack-dev",
}


@pytest.fixture
def aws():
    with account() as made:
        yield made


def scope(environment="dev"):
    return Scope(environment, "delivery", f"calstack-{environment}")


def site(aws, environment="dev", *, check=False, **given):
    """What the module does with state present: the result, and what is published."""
    component = delivery(check=check)
    params = GIVEN | {"environment_name": environment} | given
    params |= component.survey(aws, params, scope(environment))
    kinds = [kind(aws, scope(environment)) for kind in component.kinds]
    wanted = component.wanted(params, scope(environment))
    result = converge(kinds, wanted, check=check, sleep=lambda _seconds: None)
    return result, resolve(component.outputs(params, scope(environment)), known(result.found))


def destroy(aws, environment="dev", *, check=False):
    return converge([kind(aws, scope(environment)) for kind in delivery().kinds], (), check=check)


def steps(result):
    return [f"{change.action} {change.kind} {change.name}" for change in result.changes]


def providers(aws):
    return [item["Arn"] for item in aws("iam").list_open_id_connect_providers()["OpenIDConnectProviderList"]]


def roles(aws):
    return sorted(role["RoleName"] for role in aws("iam").list_roles()["Roles"])


def a_strangers_provider(aws, audience="sts.amazonaws.com"):
    aws("iam").create_open_id_connect_provider(Url=f"https://{ISSUER}", ClientIDList=[audience])


def test_everything_is_made_once_and_published(aws):
    result, published = site(aws)
    assert steps(result) == [f"create {name}" for name in EVERYTHING]
    assert published == {"delivery_role_arn": f"arn:aws:iam::123456789012:role/{ROLE}"}
    made = aws("iam").get_open_id_connect_provider(OpenIDConnectProviderArn=PROVIDER)
    assert (made["Url"], made["ClientIDList"]) == (ISSUER, ["sts.amazonaws.com"])
    aws.calls.clear()
    again, same = site(aws)
    assert not again.changes
    assert same == published
    assert not aws.writes


def test_the_role_is_the_environments_and_is_taken_by_its_jobs_only(aws):
    site(aws, branch="main", permissions_boundary_arn=BOUNDARY)
    role = aws("iam").get_role(RoleName=ROLE)["Role"]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Federated": [PROVIDER]}
    assert statement["Condition"] == {
        "StringEquals": {
            f"{ISSUER}:aud": ["sts.amazonaws.com"],
            f"{ISSUER}:sub": ["repo:example/calstack:environment:dev"],
            f"{ISSUER}:ref": ["refs/heads/main"],
        }
    }
    tags = {tag["Key"]: tag["Value"] for tag in role["Tags"]}
    assert tags["calstack:environment"] == "dev"
    assert tags["calstack:stack"] == "calstack-dev"
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == BOUNDARY
    assert role["MaxSessionDuration"] == 7200


def test_what_drifted_is_put_back(aws):
    site(aws)
    iam = aws("iam")
    open_ = {"Effect": "Allow", "Principal": {"Federated": PROVIDER}, "Action": "sts:AssumeRoleWithWebIdentity"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [open_]})
    iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=text)
    more = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
    iam.put_role_policy(RoleName=ROLE, PolicyName="more", PolicyDocument=more)
    arn = iam.create_policy(PolicyName="even-more", PolicyDocument=more)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=ROLE, PolicyArn=arn)
    iam.put_role_permissions_boundary(RoleName=ROLE, PermissionsBoundary=BOUNDARY)
    iam.update_role(RoleName=ROLE, MaxSessionDuration=43200)
    result, _ = site(aws)
    assert [(change.name, set(change.after)) for change in result.changes] == [
        (ROLE, {"trust", "inline", "attached", "boundary", "session_seconds"})
    ]
    assert iam.list_role_policies(RoleName=ROLE)["PolicyNames"] == ["deploy"]
    assert iam.list_attached_role_policies(RoleName=ROLE)["AttachedPolicies"] == []
    assert "PermissionsBoundary" not in iam.get_role(RoleName=ROLE)["Role"]
    assert not site(aws, check=True)[0].changes


def test_no_repository_is_no_role_and_takes_back_what_was_made(aws):
    assert site(aws, repository="")[0].changes == ()
    assert not aws.writes
    site(aws)
    result, published = site(aws, repository="")
    assert steps(result) == [f"delete {name}" for name in reversed(EVERYTHING)]
    assert published == {"delivery_role_arn": ""}
    assert (roles(aws), providers(aws)) == ([], [])


def test_the_provider_goes_with_the_last_environment(aws):
    site(aws)
    site(aws, "prod")
    assert steps(destroy(aws)) == [f"delete role {ROLE}"]
    assert providers(aws) == [PROVIDER]
    assert not destroy(aws).changes
    assert not site(aws, "prod")[0].changes
    assert steps(destroy(aws, "prod")) == ["delete role calstack-prod-eu-west-1-deploy", f"delete {EVERYTHING[0]}"]
    assert providers(aws) == []


def test_the_provider_stays_while_somebody_elses_role_trusts_it(aws):
    site(aws)
    theirs = {"Effect": "Allow", "Principal": {"Federated": PROVIDER}, "Action": "sts:AssumeRoleWithWebIdentity"}
    text = json.dumps({"Version": "2012-10-17", "Statement": theirs})
    aws("iam").create_role(RoleName="theirs", AssumeRolePolicyDocument=text)
    assert steps(destroy(aws)) == [f"delete role {ROLE}"]
    assert roles(aws) == ["theirs"]


def test_somebody_elses_provider_is_used_and_left(aws):
    a_strangers_provider(aws)
    assert steps(site(aws)[0]) == [f"create role {ROLE}"]
    assert steps(destroy(aws)) == [f"delete role {ROLE}"]
    assert providers(aws) == [PROVIDER]


def test_a_provider_for_others_gets_our_audience_besides(aws):
    a_strangers_provider(aws, "https://github.com/example")
    result, _ = site(aws, check=True)
    assert steps(result) == [f"update identity provider {ISSUER}", f"create role {ROLE}"]
    told = {}

    class Iam:
        """The emulator does not know the call."""

        def add_client_id_to_open_id_connect_provider(self, **given):
            told.update(given)

    found = Found("identity provider", ISSUER, PROVIDER, {"audience": ""})
    wanted = {"audience": "sts.amazonaws.com"}
    Provider(lambda _service: Iam(), scope()).update(found, wanted, wanted)
    assert told == {"OpenIDConnectProviderArn": PROVIDER, "ClientID": "sts.amazonaws.com"}


def test_a_provider_that_another_run_has_just_made_is_taken(aws):
    a_strangers_provider(aws)
    made = Provider(aws, scope()).create(ISSUER, {"audience": "sts.amazonaws.com"})
    assert made.id == PROVIDER


def test_a_role_of_a_former_name_does_not_stay(aws):
    site(aws, role_name="github-deploys")
    result, published = site(aws)
    assert steps(result) == [f"create role {ROLE}", "delete role github-deploys"]
    assert published["delivery_role_arn"].endswith(ROLE)
    assert roles(aws) == [ROLE]


def test_the_same_stack_in_another_region_keeps_its_role(aws):
    site(aws)
    aws("iam").tag_role(RoleName=ROLE, Tags=[{"Key": "calstack:region", "Value": "us-east-1"}])
    assert not destroy(aws).changes
    assert roles(aws) == [ROLE]


def test_a_strangers_role_of_our_name_is_neither_taken_nor_deleted(aws):
    aws("iam").create_role(RoleName=ROLE, AssumeRolePolicyDocument='{"Version": "2012-10-17", "Statement": []}')
    assert not destroy(aws).changes
    with pytest.raises(ForeignError):
        site(aws)
    assert providers(aws) == []


def test_a_killed_run_is_completed(aws):
    a_strangers_provider(aws)
    assert steps(site(aws)[0]) == [f"create {EVERYTHING[1]}"]


def test_check_mode_on_an_empty_account_writes_nothing(aws):
    unknown = "(known after apply)"
    given = {"rule_arns": {"production": unknown, "test": unknown}, "image_repository_arn": unknown}
    result, published = site(aws, check=True, **given)
    assert steps(result) == [f"create {name}" for name in EVERYTHING]
    assert published["delivery_role_arn"] == unknown
    assert not aws.writes


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"repository": "example/*"}, "delivery_repository is 'example/.'"),
        ({"role_name": "x y"}, "delivery_role_name is 'x y'"),
        ({"role_name": "x" * 65}, "delivery_role_name is 'x+': IAM takes up to 64"),
        ({"permissions_boundary_arn": "boundary"}, "delivery_permissions_boundary_arn is 'boundary': give the ARN"),
        ({"image_repository_arn": ""}, "delivery_image_repository_arn is empty: run the component ecr first"),
        ({"rule_arns": {"production": "x"}}, "delivery_rule_arns has none for test: run the component alb first"),
        ({"image_repository_arn": "(known after apply)"}, "ecr has only been planned"),
    ],
)
def test_what_cannot_be_built_is_refused_by_the_variables_name(aws, given, words):
    with pytest.raises(InputError, match=words):
        site(aws, **given)
    assert not aws.writes
