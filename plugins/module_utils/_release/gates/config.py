# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What the gates are told to look at and to bear, as `release_gates` has it. Pure.

Times are seconds, rates shares from 0 to 1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from urllib.parse import urlsplit

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._release.gates.options import Options

WHERE = "release_gates"

PLACEHOLDERS = ("colour", "cluster", "service", "load_balancer", "target_group")
"""What the values of a metric's dimensions may hold, in braces; all of it the candidate's."""

MOST_DIMENSIONS = 30
"""https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Metric.html"""

_ADDRESS = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:/@\[\]]+):\d{1,5}")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HOLE = re.compile(r"\{([^{}]*)\}")
_STATISTIC = re.compile(
    r"SampleCount|Average|Sum|Minimum|Maximum|IQM"
    r"|(p|tm|wm|tc|ts)(100|\d{1,2})(\.\d{1,10})?"
    r"|(TM|WM|TC|TS|PR)\([\d.%]*:[\d.%]*\)"
)
"""https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html"""


@dataclass(frozen=True)
class Path:
    """What is asked, and what is a right answer: `body` is searched for, `headers` must be exactly so."""

    path: str = "/"
    status: tuple[int, ...] = (200,)
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Probes:
    """`address` (host:port) is connected to instead of the url's; `ca_file` replaces the system's authorities.

    `failures` wrong answers in a row fail, and so does a share above `failure_rate` of the last `window` answers.
    `smoke` answers in a row must be right before users are sent to the candidate. `origin_secret_arn` is the secret
    whose header the edge adds, where probes ask the balancer itself.
    """

    url: str
    address: str = ""
    ca_file: str = ""
    origin_secret_arn: str = ""
    interval: float = 1.0
    timeout: float = 5.0
    failures: int = 3
    window: int = 30
    failure_rate: float = 0.1
    latency_p95: float | None = None
    smoke: int = 5
    paths: tuple[Path, ...] = (Path(),)


@dataclass(frozen=True)
class ErrorRate:
    """The candidate's share of 5xx, and of requests without an answer, may exceed stable's by `tolerance`, or by what
    chance explains.

    `minimum_requests` are needed to pass, of the candidate, and of stable to be compared with; where stable has fewer,
    the candidate's share is held against `maximum`. Above `maximum` nothing passes, also where stable is as bad.
    `significance` is the chance of a false alarm a judgement.
    """

    minimum_requests: int = 100
    significance: float = 0.001
    tolerance: float = 0.005
    maximum: float = 0.01


@dataclass(frozen=True)
class Latency:
    """The candidate's p95 may be `ratio` times stable's, or `tolerance` seconds more, and never above `maximum`."""

    ratio: float = 1.5
    tolerance: float = 0.1
    minimum_requests: int = 100
    maximum: float | None = None


@dataclass(frozen=True)
class Metric:
    """A metric of the user's own whose value must be within bounds in every period."""

    name: str
    namespace: str
    metric: str
    statistic: str = "Average"
    dimensions: Mapping[str, str] = field(default_factory=dict)
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True)
class Gates:
    """A gate that is None is off. The gate of targets and tasks needs no setting and is always on."""

    probes: Probes | None = None
    error_rate: ErrorRate | None = field(default_factory=ErrorRate)
    latency: Latency | None = field(default_factory=Latency)
    metrics: tuple[Metric, ...] = ()
    alarms: tuple[str, ...] = ()
    period: int = 60


def parse(raw: Mapping[str, object]) -> Gates:
    """Raises InputError that names the option.

    An `error_rate` or `latency` that is left out or true has its defaults, null or false turns it off. `probes` need
    a url and are off without.
    """
    options = Options.of(WHERE, raw, _names(Gates))
    period = options.whole("period", 60, least=1, most=86_400)
    if period not in (1, 5, 10, 20, 30) and period % 60:
        raise options.refuse("period", "CloudWatch takes 1, 5, 10, 20, 30 and multiples of 60 seconds")
    return Gates(
        probes=_section(options, "probes", _probes, on=False),
        error_rate=_section(options, "error_rate", _error_rate, on=True),
        latency=_section(options, "latency", _latency, on=True),
        metrics=_metrics(options),
        alarms=_alarms(options),
        period=period,
    )


def fill(value: str, names: Mapping[str, str]) -> str:
    """A dimension's value with its PLACEHOLDERS put in."""
    return _HOLE.sub(lambda match: names[match[1]], value)


def _names(section: type) -> tuple[str, ...]:
    return tuple(item.name for item in fields(section))


def _section[Section](options: Options, key: str, read: Callable[[str, object], Section], on: bool) -> Section | None:
    value = options.raw.get(key, on)
    if value is None or value is False:
        return None
    return read(f"{options.where}.{key}", {} if value is True else value)


def _probes(where: str, raw: object) -> Probes:
    options = Options.of(where, raw, _names(Probes))
    read = Probes(
        url=_url(options),
        address=options.text("address", ""),
        ca_file=options.text("ca_file", ""),
        origin_secret_arn=options.text("origin_secret_arn", ""),
        interval=options.number("interval", Probes.interval, least=0.1),
        timeout=options.number("timeout", Probes.timeout, least=0.1),
        failures=options.whole("failures", Probes.failures, least=1),
        window=options.whole("window", Probes.window, least=1, most=10_000),
        failure_rate=options.number("failure_rate", Probes.failure_rate, most=1),
        latency_p95=options.optional_number("latency_p95", least=0),
        smoke=options.whole("smoke", Probes.smoke, least=1, most=10_000),
        paths=tuple(_path(f"{where}.paths[{index}]", item) for index, item in enumerate(options.items("paths")))
        or Probes.paths,
    )
    if read.address and not _ADDRESS.fullmatch(read.address):
        raise options.refuse("address", "it must be a host and a port, as 10.0.0.1:443")
    if read.origin_secret_arn and not read.url.startswith("https:"):
        raise options.refuse("origin_secret_arn", "a secret is sent over TLS only, so url must begin with https://")
    if read.failures > read.window:
        raise options.refuse("window", f"it must hold the {read.failures} answers that failures looks at")
    return read


def _url(options: Options) -> str:
    url = options.text("url")
    if "@" in url:
        # Not shown: it may hold a password.
        raise InputError(f"{options.where}.url has an @: take the user's name out, probes do not log in.")
    try:
        parts = urlsplit(url)
        port_is_fine = parts.port != 0
    except ValueError:
        raise options.refuse("url", "it must be a url, as https://app.example.org") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_fine:
        raise options.refuse("url", "it must be a url, as https://app.example.org")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise options.refuse("url", "it must end after the host; what is asked there goes into paths")
    return url.rstrip("/")


def _path(where: str, raw: object) -> Path:
    options = Options.of(where, {"path": raw} if isinstance(raw, str) else raw, _names(Path))
    path, body, headers = options.text("path", "/"), options.text("body", ""), options.texts("headers")
    if not re.fullmatch(r"/[!-\"$-~]*", path):
        raise options.refuse("path", "it must start with /, without blanks, fragment or letters that need encoding")
    try:
        re.compile(body)
    except re.error as error:
        raise options.refuse("body", f"it must be a regular expression; {error}") from None
    for name, value in headers.items():
        if not _HEADER.fullmatch(name) or not value.isprintable():
            raise options.refuse("headers", f"{name!r} cannot be a header with the value {value!r}")
    return Path(path, _statuses(options), body, headers)


def _statuses(options: Options) -> tuple[int, ...]:
    given = options.raw.get("status")
    listed = [given] if isinstance(given, int) else options.items("status")
    for status in listed:
        if isinstance(status, bool) or not isinstance(status, int) or not 100 <= status <= 599:
            raise options.refuse("status", "it must be a list of HTTP status codes, as [200, 204]")
    return tuple(listed) or Path.status


def _error_rate(where: str, raw: object) -> ErrorRate:
    options = Options.of(where, raw, _names(ErrorRate))
    return ErrorRate(
        minimum_requests=options.whole("minimum_requests", ErrorRate.minimum_requests, least=1),
        significance=options.number("significance", ErrorRate.significance, least=1e-9, most=0.5),
        tolerance=options.number("tolerance", ErrorRate.tolerance, most=1),
        maximum=options.number("maximum", ErrorRate.maximum, most=1),
    )


def _latency(where: str, raw: object) -> Latency:
    options = Options.of(where, raw, _names(Latency))
    return Latency(
        ratio=options.number("ratio", Latency.ratio, least=1),
        tolerance=options.number("tolerance", Latency.tolerance),
        minimum_requests=options.whole("minimum_requests", Latency.minimum_requests, least=1),
        maximum=options.optional_number("maximum", least=0),
    )


def _metrics(options: Options) -> tuple[Metric, ...]:
    where = f"{options.where}.metrics"
    found = tuple(_metric(f"{where}[{index}]", item) for index, item in enumerate(options.items("metrics")))
    names = [metric.name for metric in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(f"{where} has two with the name {twice[0]!r}: call one something else.")
    return found


def _metric(where: str, raw: object) -> Metric:
    options = Options.of(where, raw, _names(Metric))
    read = Metric(
        name=options.text("name"),
        namespace=options.text("namespace"),
        metric=options.text("metric"),
        statistic=options.text("statistic", Metric.statistic),
        dimensions=options.texts("dimensions"),
        minimum=options.optional_number("minimum"),
        maximum=options.optional_number("maximum"),
    )
    if not _STATISTIC.fullmatch(read.statistic):
        raise options.refuse("statistic", "give Average, Sum, Minimum, Maximum, SampleCount or a percentile, as p95")
    if len(read.dimensions) > MOST_DIMENSIONS:
        raise InputError(f"{where}.dimensions has {len(read.dimensions)}; CloudWatch takes {MOST_DIMENSIONS}.")
    for value in read.dimensions.values():
        if unknown := sorted(set(_HOLE.findall(value)) - set(PLACEHOLDERS)):
            raise InputError(
                f"{where}.dimensions has {{{unknown[0]}}}: use {', '.join(f'{{{name}}}' for name in PLACEHOLDERS)}."
            )
    if read.minimum is None and read.maximum is None:
        raise InputError(f"{where} has neither minimum nor maximum, so it could never fail: give one.")
    if read.minimum is not None and read.maximum is not None and read.minimum > read.maximum:
        raise options.refuse("minimum", f"it is more than maximum, {read.maximum:g}, so it could never pass")
    return read


def _alarms(options: Options) -> tuple[str, ...]:
    names = options.items("alarms")
    if not all(isinstance(name, str) and name for name in names):
        raise options.refuse("alarms", "it must be a list of names of alarms")
    return tuple(dict.fromkeys(names))
