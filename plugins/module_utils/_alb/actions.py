# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""A listener's actions and a rule's conditions: ours and the API's. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

TO_HTTPS = {"type": "redirect", "protocol": "HTTPS", "port": "443", "status_code": "HTTP_301"}
NOT_FOUND = {"type": "fixed-response", "status_code": "404", "content_type": "text/plain", "message_body": "Not found"}
"""What no rule matches: nothing, as long as the production rule is there, since that matches every path."""
FORBIDDEN = {"type": "fixed-response", "status_code": "403", "content_type": "text/plain", "message_body": "Forbidden"}
"""What no rule matches where both ask for the secret header: whatever has not come through the edge."""

_SAME_PLACE = {"Host": "#{host}", "Path": "/#{path}", "Query": "#{query}"}


def to_action(action: Mapping[str, Any]) -> dict[str, Any]:
    """An action of ours as the API takes it; everything spelled out, so that it comes back unenriched."""
    if action["type"] == "redirect":
        where = {"Protocol": action["protocol"], "Port": action["port"], "StatusCode": action["status_code"]}
        return {"Type": "redirect", "Order": 1, "RedirectConfig": where | _SAME_PLACE}
    answer = {
        "StatusCode": action["status_code"],
        "ContentType": action["content_type"],
        "MessageBody": action["message_body"],
    }
    return {"Type": "fixed-response", "Order": 1, "FixedResponseConfig": answer}


def from_actions(actions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A listener's default actions in our words; what we never make is kept as it is, so that it differs."""
    if len(actions) == 1 and (plain := _from_action(actions[0])):
        return plain
    return {"type": ", ".join(action["Type"] for action in actions)}


def _from_action(action: Mapping[str, Any]) -> dict[str, Any]:
    if redirect := action.get("RedirectConfig"):
        place = {key: redirect.get(key, value) for key, value in _SAME_PLACE.items()}
        return {
            "type": "redirect",
            "protocol": redirect.get("Protocol"),
            "port": redirect.get("Port"),
            "status_code": redirect.get("StatusCode"),
        } | ({} if place == _SAME_PLACE else {"to": "".join(place.values())})
    if answer := action.get("FixedResponseConfig"):
        return {
            "type": "fixed-response",
            "status_code": answer.get("StatusCode"),
            "content_type": answer.get("ContentType"),
            "message_body": answer.get("MessageBody"),
        }
    return {}


def to_forward(weights: Sequence[Mapping[str, Any]], stickiness: int = 0) -> dict[str, Any]:
    """A weighted forward; clients stick to their target group for `stickiness` seconds (1 to 604800; 0: they do not).

    Stickiness is spelled out: left out, the API's answer differs from the question.
    """
    groups = [{"TargetGroupArn": item["target_group"], "Weight": item["weight"]} for item in weights]
    sticky: dict[str, Any] = {"Enabled": True, "DurationSeconds": stickiness} if stickiness else {"Enabled": False}
    config = {"TargetGroups": groups, "TargetGroupStickinessConfig": sticky}
    return {"Type": "forward", "Order": 1, "ForwardConfig": config}


def target_groups(actions: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The ARNs of all target groups that actions name, at whatever weight, in order of their names."""
    arns = set()
    for action in actions:
        if arn := action.get("TargetGroupArn"):
            arns.add(arn)
        arns.update(group["TargetGroupArn"] for group in action.get("ForwardConfig", {}).get("TargetGroups", ()))
    return tuple(sorted(arns))


def to_conditions(conditions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Conditions of ours as the API takes them."""
    return [_to_condition(item) for item in conditions]


def _to_condition(item: Mapping[str, Any]) -> dict[str, Any]:
    values = sorted(item["values"])
    if item["field"] == "http-header":
        return {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": item["name"], "Values": values}}
    return {"Field": "path-pattern", "PathPatternConfig": {"Values": values}}


def from_conditions(conditions: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], ...]:
    """A rule's conditions in our words, in order of their fields. The API repeats values in the legacy `Values`."""
    return tuple(sorted((_from_condition(item) for item in conditions), key=lambda item: str(item["field"])))


def _from_condition(item: Mapping[str, Any]) -> dict[str, Any]:
    if header := item.get("HttpHeaderConfig"):
        return {
            "field": item["Field"],
            "name": header["HttpHeaderName"],
            "values": frozenset(header.get("Values") or ()),
        }
    config: Mapping[str, Any] = next((value for key, value in item.items() if key.endswith("Config")), {})
    values = config.get("Values") or item.get("Values") or ()
    return {"field": item["Field"], "values": frozenset(_words(value) for value in values)}


def _words(value: Any) -> str:
    """A query string's values are pairs."""
    return value if isinstance(value, str) else f"{value.get('Key', '')}={value.get('Value', '')}"
