# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""CloudFront's policies: how long static files are cached, and which headers answers get."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Wanted
from ansible_collections.calstack.aws.plugins.module_utils._dns.cloudfront import custom_policies
from ansible_collections.calstack.aws.plugins.module_utils._dns.context import EdgeKind
from ansible_collections.calstack.aws.plugins.module_utils._dns.names import (
    CACHE_POLICY,
    HEADERS_POLICY,
    security_policy,
    static_policy,
)
from ansible_collections.calstack.aws.plugins.module_utils._ecs.calls import unless_absent


class Policy(EdgeKind):
    """Policies have no tags: the comment says whose one is, and one of our name without it is somebody else's."""

    word: ClassVar[str]
    """CachePolicy or ResponseHeadersPolicy: what the API's calls and answers are named by."""
    call: ClassVar[str]
    """The same in botocore's spelling."""
    many: ClassVar[str]
    names: ClassVar[tuple[Any, ...]]

    @property
    def _api(self) -> Any:
        return self.context.edge("cloudfront")

    @property
    def comment(self) -> str:
        return f"{self.scope.environment} {self.scope.stack}: calstack.aws.dns"

    @abstractmethod
    def describe(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """The configuration in our words."""

    @abstractmethod
    def config(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """Our words as the API takes them, without name and comment."""

    def read(self, wanted: Iterable[Wanted]) -> list[Found]:
        """Found by name. One of our name that has another's comment is refused like one with another's tags."""
        asked = {item.name for item in wanted}
        ours = {name(self.scope.stack) for name in self.names} | asked
        pages = custom_policies(self._api, f"list_{self.many}", f"{self.word}List", self.word)
        return [
            self._found(item)
            for item in pages
            if self._config(item)["Name"] in ours
            and (self._config(item)["Name"] in asked or self._config(item).get("Comment") == self.comment)
        ]

    def _config(self, item: Mapping[str, Any]) -> Mapping[str, Any]:
        config: Mapping[str, Any] = item[f"{self.word}Config"]
        return config

    def _found(self, item: Mapping[str, Any]) -> Found:
        config = self._config(item)
        mine = config.get("Comment") == self.comment
        properties = {**self.describe(config), "tags": self.scope.tags(config["Name"]) if mine else {}}
        return Found(self.kind, config["Name"], item["Id"], properties)

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        answer = self._send("create", name, properties)
        return Found(self.kind, name, answer[self.word]["Id"], properties)

    def update(self, found: Found, changed: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        self._send("update", found.name, properties, Id=found.id, IfMatch=self._etag(found.id))

    def _send(self, verb: str, name: str, properties: Mapping[str, Any], **more: str) -> Mapping[str, Any]:
        config = {"Name": name, "Comment": self.comment, **self.config(properties)}
        answer: Mapping[str, Any] = getattr(self._api, f"{verb}_{self.call}")(**{f"{self.word}Config": config}, **more)
        return answer

    def _etag(self, ident: str) -> str:
        return str(getattr(self._api, f"get_{self.call}")(Id=ident)["ETag"])

    def delete(self, found: Found) -> None:
        absent = f"NoSuch{self.word}"

        def gone() -> None:
            getattr(self._api, f"delete_{self.call}")(Id=found.id, IfMatch=self._etag(found.id))

        unless_absent(gone, absent)


class CachePolicy(Policy):
    """How long static files are cached: one time for all, whatever the application says of it.

    The least time counts too: Flask says no-cache for static files, and CloudFront would obey.
    """

    kind = CACHE_POLICY
    word, call, many = "CachePolicy", "cache_policy", "cache_policies"
    names = (static_policy,)

    def describe(self, config: Mapping[str, Any]) -> dict[str, Any]:
        key = config.get("ParametersInCacheKeyAndForwardedToOrigin", {})
        return {
            "seconds": tuple(config.get(name) for name in ("MinTTL", "DefaultTTL", "MaxTTL")),
            "compression": (key.get("EnableAcceptEncodingGzip"), key.get("EnableAcceptEncodingBrotli")),
            "headers": key.get("HeadersConfig", {}).get("HeaderBehavior"),
            "cookies": key.get("CookiesConfig", {}).get("CookieBehavior"),
            "query_strings": key.get("QueryStringsConfig", {}).get("QueryStringBehavior"),
        }

    def config(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        gzip, brotli = properties["compression"]
        return {
            **dict(zip(("MinTTL", "DefaultTTL", "MaxTTL"), properties["seconds"], strict=True)),
            "ParametersInCacheKeyAndForwardedToOrigin": {
                "EnableAcceptEncodingGzip": gzip,
                "EnableAcceptEncodingBrotli": brotli,
                "HeadersConfig": {"HeaderBehavior": properties["headers"]},
                "CookiesConfig": {"CookieBehavior": properties["cookies"]},
                "QueryStringsConfig": {"QueryStringBehavior": properties["query_strings"]},
            },
        }


class HeadersPolicy(Policy):
    """Which headers answers get on their way to the browser."""

    kind = HEADERS_POLICY
    word, call, many = "ResponseHeadersPolicy", "response_headers_policy", "response_headers_policies"
    # Environments from before there was a function have one for static files, too: it goes.
    names = (security_policy, static_policy)

    def describe(self, config: Mapping[str, Any]) -> dict[str, Any]:
        said = config.get("SecurityHeadersConfig", {})
        hsts, frame = said.get("StrictTransportSecurity"), said.get("FrameOptions")
        referrer, content = said.get("ReferrerPolicy"), said.get("ContentSecurityPolicy")
        return {
            "hsts": _hsts(hsts) if hsts else None,
            "nosniff": "ContentTypeOptions" in said,
            "frame_options": frame["FrameOption"] if frame else "",
            "referrer_policy": referrer["ReferrerPolicy"] if referrer else "",
            "content_security_policy": content["ContentSecurityPolicy"] if content else "",
        }

    def config(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """What the application says itself of framing, referrers and content goes before ours."""
        security: dict[str, Any] = {}
        if hsts := properties["hsts"]:
            security["StrictTransportSecurity"] = {
                "Override": True,
                "AccessControlMaxAgeSec": hsts["seconds"],
                "IncludeSubdomains": hsts["subdomains"],
                "Preload": hsts["preload"],
            }
        if properties["nosniff"]:
            security["ContentTypeOptions"] = {"Override": True}
        for key, outer, inner in (
            ("frame_options", "FrameOptions", "FrameOption"),
            ("referrer_policy", "ReferrerPolicy", "ReferrerPolicy"),
            ("content_security_policy", "ContentSecurityPolicy", "ContentSecurityPolicy"),
        ):
            if value := properties[key]:
                security[outer] = {"Override": False, inner: value}
        return {"SecurityHeadersConfig": security} if security else {}


def _hsts(said: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "seconds": said.get("AccessControlMaxAgeSec"),
        "subdomains": bool(said.get("IncludeSubdomains")),
        "preload": bool(said.get("Preload")),
    }
