# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Listeners: HTTPS with its certificates, and HTTP that only redirects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._alb.actions import from_actions, to_action
from ansible_collections.calstack.aws.plugins.module_utils._alb.api import BalancingKind, is_ours, to_list
from ansible_collections.calstack.aws.plugins.module_utils._alb.model import LISTENER, balancer_name, listener_name
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Wanted

PROTOCOLS = {443: "https", 80: "http"}


class Listener(BalancingKind):
    """Found under the load balancer: ours by tag, else by port, since a balancer has one listener a port.

    A listener on our balancer's port without tags is ours too: nothing else could stand there.
    """

    kind = LISTENER
    adopts = True

    def read(self, wanted: Iterable[Wanted]) -> list[Found]:
        names = {item.name for item in wanted}
        items = self.listeners_of(balancer_name(self.scope))
        tags = self.tags_of([item["ListenerArn"] for item in items])
        named = [(self._name(item, tags[item["ListenerArn"]]), item) for item in items]
        return [
            self._found(name, item, tags[item["ListenerArn"]])
            for name, item in named
            if name in names or is_ours(tags[item["ListenerArn"]], self.scope)
        ]

    def _name(self, item: Mapping[str, Any], tags: Mapping[str, str]) -> str:
        if is_ours(tags, self.scope) and tags.get("Name"):
            return tags["Name"]
        return listener_name(self.scope, PROTOCOLS.get(item["Port"], str(item["Port"])))

    def _found(self, name: str, item: Mapping[str, Any], tags: Mapping[str, str]) -> Found:
        arn = item["ListenerArn"]
        properties = {
            "port": item["Port"],
            "protocol": item["Protocol"],
            "default_action": from_actions(item["DefaultActions"]),
            "tags": tags,
        }
        if item["Protocol"] == "HTTPS":
            default, extra = self._certificates(arn)
            properties |= {
                "ssl_policy": item.get("SslPolicy"),
                "certificate": default,
                "extra_certificates": extra,
            }
        return Found(LISTENER, name, arn, properties, {"arn": arn})

    def certificate(self) -> str:
        """The ARN of the one our balancer shows by default on port 443; empty where there is none yet."""
        items = (item for item in self.listeners_of(balancer_name(self.scope)) if item["Port"] == 443)
        return str(next((one["CertificateArn"] for item in items for one in item.get("Certificates", ())), ""))

    def _certificates(self, arn: str) -> tuple[str | None, frozenset[str]]:
        pages = self.api.get_paginator("describe_listener_certificates").paginate(ListenerArn=arn)
        listed = [item for page in pages for item in page["Certificates"]]
        default = next((item["CertificateArn"] for item in listed if item.get("IsDefault")), None)
        return default, frozenset(item["CertificateArn"] for item in listed) - {default}

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        answer = self.api.create_listener(
            LoadBalancerArn=properties["load_balancer"], Tags=to_list(properties["tags"]), **_settings(properties)
        )
        arn = answer["Listeners"][0]["ListenerArn"]
        self._align_extra(arn, properties)
        return Found(LISTENER, name, arn, properties, {"arn": arn})

    def update(self, found: Found, changed: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        if changed.keys() - {"tags", "extra_certificates"}:
            self.api.modify_listener(ListenerArn=found.id, **_settings(properties))
        self._align_extra(found.id, properties)
        if "tags" in changed:
            self.tag(found.id, changed["tags"])

    def _align_extra(self, arn: str, properties: Mapping[str, Any]) -> None:
        """Read first: a change of the default certificate can move one from extra to default."""
        wanted = properties.get("extra_certificates")
        if wanted is None:
            return
        _default, there = self._certificates(arn)
        if add := wanted - there:
            self.api.add_listener_certificates(ListenerArn=arn, Certificates=_as_certificates(add))
        if remove := there - wanted:
            self.api.remove_listener_certificates(ListenerArn=arn, Certificates=_as_certificates(remove))

    def delete(self, found: Found) -> None:
        self.call_if_there("delete_listener", "ListenerNotFound", ListenerArn=found.id)


def _settings(properties: Mapping[str, Any]) -> dict[str, Any]:
    settings = {
        "Port": properties["port"],
        "Protocol": properties["protocol"],
        "DefaultActions": [to_action(properties["default_action"])],
    }
    if properties["protocol"] == "HTTPS":
        settings |= {
            "SslPolicy": properties["ssl_policy"],
            "Certificates": _as_certificates([properties["certificate"]]),
        }
    return settings


def _as_certificates(arns: Iterable[str]) -> list[dict[str, str]]:
    return [{"CertificateArn": arn} for arn in sorted(arns)]
