"""A rule's conditions as Envoy header matchers (pure).

ELBv2 knows two wildcards, `*` and `?`. Paths, query strings and source addresses are matched in headers too
(`:path`, the balancer's own entry in X-Forwarded-For): so any number of conditions can stand side by side.
Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html
"""

import ipaddress
import re
from typing import Any

from lab.balancer.model import Condition

Json = dict[str, Any]

PATH_CHARACTER = "[^?]"
QUERY_CHARACTER = "[^&]"


def matchers(conditions: tuple[Condition, ...]) -> list[Json]:
    """Envoy HeaderMatchers, all of which must match."""
    return [matcher(condition) for condition in conditions]


def matcher(condition: Condition) -> Json:
    name, regex = _expression(condition)
    return {"name": name, "string_match": {"safe_regex": {"regex": regex}}}


def _expression(condition: Condition) -> tuple[str, str]:
    """The header to look at and the regular expression (RE2) that its whole value must match."""
    values = condition.values
    match condition.field:
        case "path-pattern":
            return ":path", rf"(?:{_any(values, PATH_CHARACTER)})(?:\?.*)?"
        case "host-header":
            return ":authority", rf"(?i)(?:{_any(values)})(?::[0-9]+)?"
        case "http-header":
            return condition.header, f"(?i)(?:{_any(values)})"
        case "http-request-method":
            return ":method", "|".join(re.escape(value) for value in values)
        case "query-string":
            return ":path", rf"(?i)[^?]*\?(?:.*&)?(?:{'|'.join(map(_pair, values))})(?:&.*)?"
        case "source-ip":
            return "x-forwarded-for", rf"(?:.*,\s*)?(?:{'|'.join(map(network, values))})"
    raise ValueError(f"unknown condition field {condition.field!r}")


def _any(values: tuple[str, ...], character: str = ".") -> str:
    return "|".join(wildcard(value, character) for value in values)


def wildcard(value: str, character: str = ".") -> str:
    """The regular expression of a pattern with `*` and `?`; a backslash takes a wildcard's meaning away."""
    parts = re.findall(r"\\[*?]|.", value, re.DOTALL)
    return "".join({"*": f"{character}*", "?": character}.get(part) or re.escape(part[-1]) for part in parts)


def _pair(value: str) -> str:
    key, equals, wanted = value.partition("=")
    if not equals:
        return f"{QUERY_CHARACTER}*={wildcard(key, QUERY_CHARACTER)}"
    return f"{wildcard(key, QUERY_CHARACTER)}={wildcard(wanted, QUERY_CHARACTER)}"


def network(cidr: str) -> str:
    """The regular expression of the addresses in an IPv4 network; IPv6 never matches: the lab is all 127.0.0.0/8."""
    parsed = ipaddress.ip_network(cidr, strict=False)
    if not isinstance(parsed, ipaddress.IPv4Network):
        return "$^"
    low, high = parsed.network_address.packed, parsed.broadcast_address.packed
    return r"\.".join(_octet(first, last) for first, last in zip(low, high, strict=True))


def _octet(first: int, last: int) -> str:
    if (first, last) == (0, 255):
        return "[0-9]+"
    return f"(?:{'|'.join(str(number) for number in range(first, last + 1))})"
