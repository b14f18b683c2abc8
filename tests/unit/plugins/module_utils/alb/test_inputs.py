"""What is wrong by itself is said in the role's words."""

import pytest
from alb_account import PARAMS
from ansible_collections.calstack.aws.plugins.module_utils._alb.inputs import RANGES, check
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from hypothesis import given
from hypothesis import strategies as st

NAMES = ("calstack-dev-alb", "calstack-dev-blue")
GOOD = PARAMS | {"vpc_id": "vpc-1", "subnet_ids": ["subnet-1", "subnet-2"], "security_group_id": "sg-1"}


def test_the_defaults_are_good():
    check(GOOD, NAMES)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"vpc_id": ""}, "alb_vpc_id is empty.*--limit vpc"),
        ({"subnet_ids": []}, "alb_subnet_ids is empty"),
        ({"security_group_id": ""}, "alb_security_group_id is empty"),
        ({"health_check_timeout": 10}, "alb_health_check_timeout is 10 and alb_health_check_interval 10"),
        ({"health_check_path": "health"}, "alb_health_check_path"),
        ({"health_check_matcher": "200-"}, "alb_health_check_matcher is '200-'"),
        ({"health_check_matcher": "200,500"}, "codes from 200 to 499"),
        ({"health_check_matcher": "399-200"}, "alb_health_check_matcher"),
        ({"test_priority": 100}, "alb_test_priority is 100 and alb_production_priority 100"),
        ({"test_header": {"name": "Host", "values": ["x"]}}, "alb_test_header.name"),
        ({"test_header": {"name": "X Y", "values": ["x"]}}, "alb_test_header.name"),
        ({"test_header": {"name": "X-Y", "values": []}}, "alb_test_header.values"),
        ({"test_header": {"name": "X-Y", "values": [""]}}, "alb_test_header.values"),
        ({"test_header": {"name": "X-Y", "values": ["*"]}}, "alb_test_header.values contains"),
        ({"access_logs_prefix": "alb"}, "alb_access_logs_bucket"),
    ],
)
def test_a_wrong_value_is_named(wrong, words):
    with pytest.raises(InputError, match=words):
        check(GOOD | wrong, NAMES)


@given(st.sampled_from(sorted(RANGES)), st.integers(1, 10**6), st.booleans())
def test_each_number_has_its_range(key, distance, above):
    least, most = RANGES[key]
    with pytest.raises(InputError, match=f"alb_{key} is .* AWS takes {least} to {most}"):
        check(GOOD | {key: most + distance if above else least - distance}, NAMES)


@given(st.integers(1, 60))
def test_a_name_too_long_says_by_how_much(length):
    name = "a" * length
    if length <= 32:
        check(GOOD, [name])
        return
    with pytest.raises(InputError, match=rf"{length} characters.*shorten app_name or env_name by {length - 32}\."):
        check(GOOD, [name])


@pytest.mark.parametrize("name", ["cal_stack", "cal--stack", "-cal", "cal-", "internal-cal"])
def test_a_name_aws_refuses_is_named(name):
    with pytest.raises(InputError, match=f"{name} cannot name a load balancer"):
        check(GOOD, [name])


@pytest.mark.parametrize("codes", ["200", "200,302", "200-399", "200-299,401"])
def test_codes_in_all_forms_are_good(codes):
    check(GOOD | {"health_check_matcher": codes}, NAMES)
