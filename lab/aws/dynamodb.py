"""DynamoDB: transactions that are asked for twice, a table's identity, time to live that is on already."""

import uuid
from collections.abc import Callable
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult
from moto.dynamodb.exceptions import MockValidationException
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler

from lab.aws.patching import wrap
from lab.settings import Settings

MISMATCH = "com.amazonaws.dynamodb.v20120810#IdempotentParameterMismatchException"
KEPT_TOKENS = 1000
"""AWS knows a token for ten minutes; the lab for so many transactions."""


def apply(_: Settings) -> None:
    repeated_transactions()
    table_ids()
    time_to_live()


def repeated_transactions() -> None:
    """TransactWriteItems with the token of one that succeeded succeeds and does nothing; moto writes again.

    A client that tries again by itself, as boto3 does when an answer is lost, sends the same token.
    """

    @wrap(DynamoHandler, "transact_write_items")
    def transact(original: Callable[..., ActionResult], handler: DynamoHandler) -> ActionResult:
        done: dict[str, Any] = vars(handler.dynamodb_backend).setdefault("lab_tokens", {})
        token, items = handler.body.get("ClientRequestToken"), handler.body["TransactItems"]
        if token in done:
            if done[token] != items:
                raise JsonRESTError(MISMATCH, "The request was already used with other parameters")
            return ActionResult({"ConsumedCapacity": [], "ItemCollectionMetrics": {}})
        answer = original(handler)
        if token:
            done[token] = items
            if len(done) > KEPT_TOKENS:
                del done[next(iter(done))]
        return answer


def table_ids() -> None:
    """A table has a TableId, another one when it is made again; moto has none."""

    @wrap(Table, "describe")
    def describe(original: Callable[..., dict[str, Any]], table: Table, base_key: str = "TableDescription") -> Any:
        answer = original(table, base_key)
        answer[base_key]["TableId"] = vars(table).setdefault("lab_id", str(uuid.uuid4()))
        return answer


def time_to_live() -> None:
    """UpdateTimeToLive refuses what is so already; moto succeeds."""

    @wrap(DynamoDBBackend, "update_time_to_live")
    def update(
        original: Callable[..., None], backend: DynamoDBBackend, table_name: str, ttl_spec: dict[str, Any]
    ) -> None:
        on = backend.get_table(table_name).ttl.get("TimeToLiveStatus") == "ENABLED"
        if bool(ttl_spec.get("Enabled")) is on:
            raise MockValidationException(f"TimeToLive is already {'enabled' if on else 'disabled'}")
        original(backend, table_name, ttl_spec)
