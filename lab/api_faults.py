"""`lab fault-api SERVICE ACTION MODE`: let calls of the AWS API, or of Atlas's, fail on purpose.

A fault is a file under `settings.run`, named for what it hits; `lab.aws.faults` is what reads it at every call. The
service `atlas` is the lab's Atlas, whose actions are Atlas's operationIds: createCluster.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from lab.part import LabError
from lab.settings import Settings

if TYPE_CHECKING:
    from botocore.model import ServiceModel

ATLAS = "atlas"
CLOUDFRONT = "cloudfront"
CLEAR = "none"
EVERY = "*"
MODES = {
    "throttle": "answer 400 Throttling, and do nothing (atlas: 429 with Retry-After)",
    "refuse": "answer AccessDenied, and do nothing (atlas: 403)",
    "error": "answer 500 InternalFailure, and do nothing",
    "down": "close the connection, and do nothing",
    "lost": "do it, then close the connection without an answer",
    "empty": "answer as if there were no metrics (cloudwatch)",
    "gone": "answer 410 VERSION_GONE, and do nothing (atlas)",
    "late": "do it, but for a while the cluster is IDLE still (atlas: updateCluster, updateFlexCluster)",
    "fails": "do it, but what was begun becomes FAILED or REJECTED (atlas: "
    "createProjectIpAccessList, createPrivateEndpointService, createPrivateEndpoint)",
}
ONLY = {"empty": "cloudwatch", "gone": "atlas", "late": "atlas", "fails": "atlas"}
"""Modes that one service has."""


@dataclass(frozen=True)
class ApiFault:
    """What happens to the calls of `service` (its signing name) whose action matches `pattern`.

    `label` is how the user named the actions; `times` is how many calls it hits, 0 for all until it is cleared.
    """

    service: str
    label: str
    pattern: str
    mode: str
    times: int = 0

    @classmethod
    def parse(cls, text: str) -> "ApiFault":
        return cls(**json.loads(text))

    def hits(self, service: str, action: str) -> bool:
        """`action` as `lab.aws.calls.Call` has it."""
        return service == self.service and re.fullmatch(self.pattern, action) is not None

    def __str__(self) -> str:
        times = f" ({self.times} times)" if self.times > 1 else " (once)" if self.times else ""
        return f"{self.service} {self.label}: {self.mode}{times}"


def make(service: str, action: str, mode: str, times: int = 0) -> ApiFault:
    """The fault that these words mean. `service` is boto3's name; `action` may have wildcards. Raises LabError."""
    if mode not in MODES:
        raise LabError(f"no fault of the API is called {mode!r}. There are: {CLEAR}, {', '.join(MODES)}")
    if times < 0:
        raise LabError(f"the times are {times}, but must be a number of calls from 1, or 0 for all")
    if ONLY.get(mode, service) != service:
        raise LabError(f"{mode} is for {ONLY[mode]} only, not for {service}")
    if service == ATLAS:
        return _atlas(action, mode, times)
    model = _model(service)
    names = [name for name in model.operation_names if fnmatchcase(name, action)]
    if not names:
        raise LabError(f"{service} has no action {action!r}; actions are called as in the API's reference: ModifyRule")
    pattern = ".*" if action == EVERY else "|".join(_expression(model, name) for name in names)
    return ApiFault(model.signing_name, action, pattern, mode, times)


def inject(settings: Settings, service: str, action: str, mode: str, times: int = 0) -> str:
    """Set this fault, or clear it with `none`; a line about it. Raises LabError."""
    if mode == CLEAR:
        signing = service if service == ATLAS else _model(service).signing_name
        _file(settings, signing, action).unlink(missing_ok=True)
        return f"{signing} {action}: no fault"
    fault = make(service, action, mode, times)
    path = _file(settings, fault.service, fault.label)
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_text(json.dumps(asdict(fault)))
    new.replace(path)
    return str(fault)


def clear(settings: Settings) -> None:
    """No fault of the API is left."""
    for path in folder(settings).glob("*.json"):
        path.unlink(missing_ok=True)


def listed(settings: Settings) -> Iterator[ApiFault]:
    for path in sorted(folder(settings).glob("*.json")):
        yield ApiFault.parse(path.read_text())


def overview(settings: Settings) -> list[str]:
    """The faults there are, and the modes there could be."""
    modes = {CLEAR: "clear the fault; `fault-api none` clears all", **MODES}
    lines = [str(fault) for fault in listed(settings)] or ["no faults"]
    return [*lines, "", *(f"  {mode:<10}{words}" for mode, words in modes.items())]


def command(settings: Settings, words: Sequence[str], times: int) -> list[str]:
    """What `lab fault-api WORDS` does and says. Raises LabError."""
    match words:
        case []:
            return overview(settings)
        case [word] if word == CLEAR:
            clear(settings)
            return ["no faults"]
        case [service, action, mode]:
            return [inject(settings, service, action, mode, times)]
    raise LabError("fault-api wants SERVICE ACTION MODE, `none`, or nothing")


def folder(settings: Settings) -> Path:
    return settings.run / "api-faults"


def _file(settings: Settings, service: str, action: str) -> Path:
    return folder(settings) / f"{service}.{quote(action, safe='')}.json"


def _atlas(action: str, mode: str, times: int) -> ApiFault:
    """Raises LabError."""
    from lab.atlas.catalogue import NAMES

    names = [name for name in NAMES if fnmatchcase(name, action)]
    if not names:
        raise LabError(f"atlas has no action {action!r}; there are {', '.join(sorted(NAMES))}")
    return ApiFault(ATLAS, action, "|".join(names), mode, times)


def _model(service: str) -> "ServiceModel":
    import botocore.session
    from botocore.exceptions import UnknownServiceError

    try:
        return botocore.session.get_session().get_service_model(service)
    except UnknownServiceError:
        raise LabError(
            f"no service is called {service!r}: name it as boto3 does, elbv2 or application-autoscaling"
        ) from None


def _expression(model: "ServiceModel", name: str) -> str:
    """What an action of a service looks like in the request: its name or, for REST, method and path."""
    if not model.protocol.startswith("rest"):
        return name
    http: dict[str, Any] = model.operation_model(name).http
    path, mark, constant = http["requestUri"].partition("?")
    parts = re.split(r"(\{[^}]+\})", path)
    expressions = [_placeholder(part) if part.startswith("{") else re.escape(part) for part in parts]
    if model.signing_name == CLOUDFRONT:  # whose operations on one path differ in it
        expressions.append(re.escape(mark + constant))
    return f"{http['method']} {''.join(expressions)}"


def _placeholder(part: str) -> str:
    return ".+" if part.endswith("+}") else "[^/]+"
