"""An emulated account that has what the component monitoring watches, with the lab's mends of what moto lacks."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import moto.budgets.models
import moto.budgets.responses
import moto.cloudwatch.models
import moto.cloudwatch.responses
import moto.logs.models
from ansible_collections.calstack.aws.plugins.module_utils._core.converge import Result, converge
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import known, resolve
from ansible_collections.calstack.aws.plugins.module_utils._monitoring.component import monitoring
from ansible_collections.calstack.aws.plugins.modules.monitoring import OPTIONS
from emulator import Account, account

from lab.aws import budgets as budget_mends
from lab.aws import cloudwatch as cloudwatch_mends
from lab.aws import logs as log_mends
from lab.settings import Settings

DEFAULTS = {name: option["default"] for name, option in OPTIONS.items()}
ELB = "arn:aws:elasticloadbalancing:eu-west-1:123456789012"
BALANCER = "app/calstack-dev-alb/50dc6c495c0c9188"
GROUPS = {colour: f"targetgroup/calstack-dev-{colour}/73e2d6bc24d8a067" for colour in ("blue", "green")}
GIVEN = DEFAULTS | {
    "balancer_arn": f"{ELB}:loadbalancer/{BALANCER}",
    "target_group_arns": {colour: f"{ELB}:{group}" for colour, group in GROUPS.items()},
}
CERTIFICATE = "arn:aws:acm:eu-west-1:123456789012:certificate/8c1f9c1e-8c1d-4c0e-9f5a-0f0c5b1d2e3f"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:calstack-dev-alarms"
FULL = GIVEN | {
    "certificate_arns": [CERTIFICATE],
    "distribution_id": "E1A2B3C4D5",
    "emails": ["ana@example.com"],
    "budget_usd": 140.0,
}
ALARMS = (
    *("target-errors", "balancer-errors", "latency", "too-few-tasks", "unhealthy-hosts", "cpu-ceiling"),
    *("memory-ceiling", "certificate", "log-errors", "database-unreachable"),
)
EVERYTHING = [
    "topic calstack-dev-alarms",
    "subscription ana@example.com",
    "metric filter calstack-dev-errors",
    "metric filter calstack-dev-database",
    *(f"alarm calstack-dev-{name}" for name in ALARMS),
    "composite alarm calstack-dev-users-hurt",
    "dashboard calstack-dev-eu-west-1",
    "budget calstack-dev",
]


def scope(environment: str = "dev") -> Scope:
    return Scope(environment, "monitoring", f"calstack-{environment}")


@contextmanager
def mended() -> Iterator[None]:
    """moto with the lab's mends, taken back afterwards: other tests count on moto as it comes."""
    modules = [moto.budgets.models, moto.budgets.responses, moto.cloudwatch.models, moto.cloudwatch.responses]
    modules.append(moto.logs.models)
    classes = [item for module in modules for item in vars(module).values() if isinstance(item, type)]
    before = [(item, dict(vars(item))) for item in classes if item.__module__.startswith("moto.")]
    cloudwatch_mends.apply()
    log_mends.apply()
    budget_mends.apply(Settings.from_environment({}))
    try:
        yield
    finally:
        for item, attributes in before:
            for name in set(vars(item)) - set(attributes):
                delattr(item, name)
            for name, value in attributes.items():
                if vars(item).get(name) is not value:
                    setattr(item, name, value)


@contextmanager
def ready() -> Iterator[Account]:
    """With the tasks' log groups of two environments."""
    with mended(), account() as aws:
        for environment in ("dev", "prod"):
            aws("logs").create_log_group(logGroupName=f"/calstack-{environment}/app")
        aws.calls.clear()
        yield aws


def site(aws: Account, environment: str = "dev", *, check: bool = False, **given: Any) -> tuple[Result, dict[str, Any]]:
    """What the module does with state present: the result, and what is published."""
    component, params = monitoring(check=check), FULL | given
    assert component.survey
    params |= component.survey(aws, params, scope(environment))
    kinds = [kind(aws, scope(environment)) for kind in component.kinds]
    wanted = component.wanted(params, scope(environment))
    result = converge(kinds, wanted, check=check, sleep=lambda _seconds: None)
    return result, resolve(dict(component.outputs(params, scope(environment))), known(result.found))


def destroy(aws: Account, environment: str = "dev", *, check: bool = False) -> Result:
    kinds = [kind(aws, scope(environment)) for kind in monitoring().kinds]
    return converge(kinds, (), check=check, sleep=lambda _seconds: None)


def steps(result: Result) -> list[str]:
    return [f"{change.action} {change.kind} {change.name}" for change in result.changes]
