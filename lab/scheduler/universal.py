"""A universal target, `arn:aws:scheduler:::aws-sdk:SERVICE:apiAction`, and its Input as a request (no call is made).

SERVICE is the SDK's identifier of the service, Input's keys are the API's in PascalCase, also where the API's own are
in camelCase: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
"""

import json
import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import botocore.session
from botocore.exceptions import UnknownServiceError
from botocore.model import OperationModel, ServiceModel, Shape

from lab.scheduler import InvalidScheduleError

_ARN = re.compile(r"arn:[\w-]+:scheduler:::aws-sdk:(\w+):(\w+)")
_READING = re.compile(
    "get|describe|list|poll|receive|search|scan|query|select|read|lookup|discover|validate|batchGet|batchDescribe|"
    "batchRead|transactGet|adminGet|adminList|testMigration|retrieve|testConnection|translateDocument|isAuthorized|"
    "invokeModel"
)
# Where botocore's name is not the SDK's identifier: only what the lab has mends for.
_BOTOCORE = {"elasticloadbalancingv2": "elbv2", "applicationautoscaling": "application-autoscaling"}
KINDS: dict[str, type] = {"structure": dict, "list": list, "map": dict, "string": str}


@dataclass(frozen=True)
class Request:
    """What a schedule calls: botocore's names, `parameters` in the API's own casing."""

    service: str
    operation: str
    parameters: dict[str, Any] = field(repr=False)
    """May hold what is nobody's business: not for logs."""
    permission: str
    """The IAM action."""

    def __str__(self) -> str:
        return f"{self.service} {self.operation}"


def is_universal(arn: str) -> bool:
    return ":scheduler:::aws-sdk:" in arn


def request(arn: str, text: str | None) -> Request:
    """The request that a universal target means. Raises InvalidScheduleError."""
    match = _ARN.fullmatch(arn)
    if match is None:
        raise InvalidScheduleError(f"Provided Arn is not in correct format: {arn}")
    name, action = match.groups()
    if _READING.match(action):
        raise InvalidScheduleError(f"The API action {action} is read-only and is not supported as a target.")
    service = _service(name)
    operation = _operation(service, action)
    try:
        given: Any = json.loads(text or "{}")
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise InvalidScheduleError("Invalid RequestJson provided. Reason Input is not a well-formed JSON object.")
    shape = operation.input_shape
    parameters = {} if shape is None else _structure(shape, given)
    permission = f"{service.signing_name}:{operation.name}"
    return Request(_BOTOCORE.get(name, name), operation.name, parameters, permission)


@cache
def _service(name: str) -> ServiceModel:
    try:
        return botocore.session.get_session().get_service_model(_BOTOCORE.get(name, name))
    except UnknownServiceError:
        raise InvalidScheduleError(
            f"Unsupported service {name}: its name is the SDK's, not that of its endpoint."
        ) from None


def _operation(service: ServiceModel, action: str) -> OperationModel:
    name = action[0].upper() + action[1:]
    if not action[0].islower() or name not in service.operation_names:
        raise InvalidScheduleError(f"Unsupported API action {action} of {service.service_name}.")
    return service.operation_model(name)


def _structure(shape: Any, given: dict[str, Any]) -> dict[str, Any]:
    known = {name[0].upper() + name[1:]: name for name in shape.members}
    missing = [pascal for pascal, name in known.items() if name in shape.required_members and pascal not in given]
    if missing:
        fields = ", ".join(missing)
        raise InvalidScheduleError(
            f"Invalid RequestJson provided. Reason Request payload is missing the following field(s): {fields}."
        )
    if unknown := sorted(given.keys() - known.keys()):
        raise InvalidScheduleError(
            f"Invalid RequestJson provided. Reason {shape.name} has no field(s) {', '.join(unknown)}."
        )
    return {known[key]: _value(shape.members[known[key]], value) for key, value in given.items()}


def _value(shape: Shape, value: Any) -> Any:
    # Numbers and booleans are the API's to judge.
    fits = isinstance(value, KINDS.get(shape.type_name, object))
    if not fits:
        raise InvalidScheduleError(f"Invalid RequestJson provided. Reason {shape.name} is no {shape.type_name}.")
    members: Any = shape
    match shape.type_name:
        case "structure":
            return _structure(shape, value)
        case "list":
            return [_value(members.member, item) for item in value]
        case "map":
            return {key: _value(members.value, item) for key, item in value.items()}
    return value
