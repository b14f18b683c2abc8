"""SNS: a topic that is made again, and nothing is sent beyond this machine."""

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from moto.sns.exceptions import SNSInvalidParameter
from moto.sns.models import SNSBackend, Subscription, Topic

from lab.aws.patching import wrap
from lab.settings import Settings

log = logging.getLogger(__name__)


def apply(_: Settings) -> None:
    repeated_creation()
    loopback_only()


def repeated_creation() -> None:
    """CreateTopic of a topic that has other tags is refused; moto answers with the one there is."""

    @wrap(SNSBackend, "create_topic")
    def create(original: Callable[..., Topic], backend: SNSBackend, name: str, *given: Any, **named: Any) -> Topic:
        known = set(backend.topics)
        topic = original(backend, name, *given, **named)
        tags = named.get("tags") or (given[1] if len(given) > 1 else None)
        if topic.arn in known and tags and tags != topic._tags:
            raise SNSInvalidParameter("Invalid parameter: Tags Reason: Topic already exists with different tags")
        return topic


def loopback_only() -> None:
    """A message for an HTTP endpoint elsewhere is dropped; moto would send it."""

    @wrap(Subscription, "publish")
    def publish(original: Callable[..., None], subscription: Subscription, *given: Any, **named: Any) -> None:
        host = urlsplit(subscription.endpoint).hostname or ""
        if subscription.protocol in ("http", "https") and host != "localhost" and not host.startswith("127."):
            log.info("not sent to %s: the lab speaks to loopback only", host)
            return
        original(subscription, *given, **named)
