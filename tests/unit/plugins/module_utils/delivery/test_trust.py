"""Who may take the deploy role, judged as STS does it: every claim that is asked for, word for word."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._delivery.trust import check, subject, trust
from ansible_collections.calstack.aws.plugins.module_utils._ecs.permissions import document
from hypothesis import assume, example, given
from hypothesis import strategies as st

PROVIDER = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
ISSUER = "token.actions.githubusercontent.com"

owners = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9-]{0,12}(@[0-9]{1,6})?", fullmatch=True)
names = st.from_regex(r"[A-Za-z0-9._-]{1,12}", fullmatch=True)
plain = st.builds("{}/{}".format, owners.filter(lambda name: "@" not in name), names)
numbered = st.builds(
    "{}@{}/{}@{}".format,
    owners.filter(lambda name: "@" not in name),
    st.integers(1, 999999),
    names,
    st.integers(1, 999999),
)
repositories = plain | numbered
environments = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9 ._/-]{0,12}", fullmatch=True)
branches = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_/.-]{0,10}[A-Za-z0-9_]", fullmatch=True)


def may_take(policy, token):
    """Whether STS lets the holder of `token`, its claims, take the role: IAM's semantics of StringEquals."""
    (statement,) = document(policy)["Statement"]
    assert statement.keys() == {"Sid", "Effect", "Principal", "Action", "Condition"}
    assert (statement["Effect"], statement["Action"]) == ("Allow", ["sts:AssumeRoleWithWebIdentity"])
    assert statement["Principal"] == {"Federated": [PROVIDER]}
    assert statement["Condition"].keys() == {"StringEquals"}
    asked = statement["Condition"]["StringEquals"]
    return all(token.get(claim.removeprefix(f"{ISSUER}:")) in values for claim, values in asked.items())


def token(repository, environment, branch, **more):
    return {
        "aud": "sts.amazonaws.com",
        "sub": subject(repository, environment),
        "ref": f"refs/heads/{branch}",
        **more,
    }


@given(repositories, environments, st.just("") | branches)
def test_the_job_that_is_meant_gets_in(repository, environment, branch):
    check(repository, environment, branch)
    assert may_take(trust(PROVIDER, repository, environment, branch), token(repository, environment, branch or "any"))


@given(st.tuples(repositories, environments, branches), st.tuples(repositories, environments, branches))
@example(("example/calstack", "prod", "main"), ("example/calstack-fork", "prod", "main"))
@example(("example/calstack", "prod", "main"), ("Example/calstack", "prod", "main"))
@example(("example/calstack", "prod", "main"), ("example/calstack", "production", "main"))
@example(("example/calstack", "prod", "main"), ("example/calstack", "prod", "mainline"))
@example(("example/calstack", "prod", "main"), ("example@1/calstack@2", "prod", "main"))
def test_no_other_repository_environment_or_branch_does(meant, other):
    assume(meant != other)
    assert not may_take(trust(PROVIDER, *meant), token(*other))


@given(repositories, environments, st.text(max_size=20), st.sampled_from(["aud", "sub", "ref"]))
def test_a_claim_that_is_missing_or_says_else_keeps_out(repository, environment, said, claim):
    policy, right = trust(PROVIDER, repository, environment, "main"), token(repository, environment, "main")
    assume(said != right[claim])
    assert not may_take(policy, right | {claim: said})
    assert not may_take(policy, {name: value for name, value in right.items() if name != claim})


@pytest.mark.parametrize("said", ["repo:{}:ref:refs/heads/main", "repo:{}:pull_request", "repo:{}:environment:*"])
def test_jobs_without_the_environment_do_not_get_in(said):
    right = token("example/calstack", "prod", "main")
    policy = trust(PROVIDER, "example/calstack", "prod", "")
    assert not may_take(policy, right | {"sub": said.format("example/calstack")})


@pytest.mark.parametrize(
    ("given_", "variable"),
    [
        (("calstack", "prod", ""), "delivery_repository"),
        (("example/*", "prod", ""), "delivery_repository"),
        (("*/*", "prod", ""), "delivery_repository"),
        (("example/calstack:environment:dev", "prod", ""), "delivery_repository"),
        (("https://github.com/example/calstack", "prod", ""), "delivery_repository"),
        (("example@1/calstack", "prod", ""), "delivery_repository"),
        (("example/calstack\n", "prod", ""), "delivery_repository"),
        (("example/calstack", "*", ""), "delivery_github_environment"),
        (("example/calstack", "pro?", ""), "delivery_github_environment"),
        (("example/calstack", "prod:ref", ""), "delivery_github_environment"),
        (("example/calstack", "", ""), "delivery_github_environment"),
        (("example/calstack", "${aws:username}", ""), "delivery_github_environment"),
        (("example/calstack", "prod", "*"), "delivery_branch"),
        (("example/calstack", "prod", "release/*"), "delivery_branch"),
        (("example/calstack", "prod", "/main"), "delivery_branch"),
    ],
)
def test_what_could_match_more_is_refused_by_the_variables_name(given_, variable):
    with pytest.raises(InputError, match=f"^{variable} is "):
        check(*given_)


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
@example("a/b", "x*", "y?")
def test_nothing_that_is_accepted_holds_a_pattern_or_a_variable(repository, environment, branch):
    try:
        check(repository, environment, branch)
    except InputError:
        return
    assert not set('*?$:"\n{}') & set(repository + environment + branch)
