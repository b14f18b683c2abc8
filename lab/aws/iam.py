"""IAM: AWS's managed policies, without keeping all 1,400 of them in memory."""

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import moto.iam
from moto.iam.models import AWSManagedPolicy, IAMBackend

from lab.aws.patching import wrap

AWS_OWNED = ":iam::aws:policy/"


def apply() -> None:
    managed_policies()


def managed_policies() -> None:
    """AWS's managed policies can be read and attached; moto has all of them or, by default, none.

    A policy is taken up when it is first asked for.
    """
    for name, position in (("attach_role_policy", 0), ("get_policy", 0), ("get_policy_version", 0)):
        _take_up_before(name, position)


def _take_up_before(name: str, position: int) -> None:
    @wrap(IAMBackend, name)
    def call(original: Callable[..., Any], backend: IAMBackend, *given: Any, **named: Any) -> Any:
        arn = named.get("policy_arn", given[position] if given else "")
        if AWS_OWNED in arn and arn not in backend.managed_policies:
            _take_up(backend, arn)
        return original(backend, *given, **named)


def _all_policies() -> str:
    """moto's list, read for this once; `lab.aws.lean` keeps it from being imported."""
    path = Path(moto.iam.__file__).with_name("aws_managed_policies.py")
    spec = importlib.util.spec_from_file_location("aws_managed_policies", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"moto has no {path.name} any more")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return str(module.aws_managed_policies_data)


def _take_up(backend: IAMBackend, arn: str) -> None:
    found = json.loads(_all_policies()).get(arn.rsplit("/", 1)[-1])
    if found is None:
        return
    policy = AWSManagedPolicy.from_data(arn.rsplit("/", 1)[-1], backend.account_id, backend.region_name, found)
    if policy.arn == arn:
        backend.aws_managed_policies.append(policy)
        backend.managed_policies[arn] = policy
