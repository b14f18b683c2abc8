# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The calls to the table of an environment's releases, and DynamoDB's refusals in our words."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from random import SystemRandom
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.aws import ClientMaker, doing
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError, InputError
from ansible_collections.calstack.aws.plugins.module_utils._release.clients import is_passing

with suppress(ImportError):  # AnsibleAWSModule says so in its own words before anything of this file is used
    import botocore.exceptions as sdk

CONFIG: dict[str, Any] = {
    "connect_timeout": 1,
    "read_timeout": 1.5,
    "retries": {"mode": "standard", "total_max_attempts": 3},
}
"""Three attempts and their back-off take about 6 s: a heartbeat must be through well within its lease."""

CONFLICT_PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8)
"""Seconds, before jitter. A heartbeat and a transaction that checks the lock can meet; botocore does not retry that."""

Item = Mapping[str, Any]
"""With DynamoDB's types: {"pk": {"S": "lock"}}."""

_CONFLICT = {"TransactionConflict", "TransactionConflictException"}
_PASSING_REASONS = _CONFLICT | {"ProvisionedThroughputExceeded", "ThrottlingError"}
_REFUSED = {"ConditionalCheckFailed", "ConditionalCheckFailedException"}
_ABSENT = "ResourceNotFoundException"


class StoreUnavailableError(CalstackError):
    """DynamoDB did not answer, or not now: what was asked may or may not have happened."""

    def __init__(self, words: str, why: str, *, conflict: bool = False) -> None:
        self.conflict = conflict
        super().__init__(
            f"{words}: DynamoDB is not available ({why.rstrip('.')}). "
            f"Check the network and the region's health, then run the same command again: it goes on from here."
        )


class RefusedError(CalstackError):
    """A condition did not hold. `there` is the item as it is, by the place in the write of what was refused."""

    def __init__(self, words: str, there: Mapping[int, Item]) -> None:
        self.there = there
        super().__init__(f"{words}: somebody else has changed it at the same moment. Run the same command again.")


def client(maker: ClientMaker) -> Any:
    """A DynamoDB client with a short patience; `maker` is an AnsibleAWSModule."""
    return maker.client("dynamodb", config=CONFIG)


class Table:
    """Reads are strongly consistent. All methods raise StoreUnavailableError when DynamoDB is not available,
    InputError when there is no such table, and another CalstackError for what else AWS refuses."""

    def __init__(self, dynamodb: Any, name: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self.name = name
        self._dynamodb = dynamodb
        self._sleep = sleep

    def get(self, words: str, key: Item) -> Item:
        """Empty where there is none."""
        answer = self._call(words, "get_item", TableName=self.name, Key=key, ConsistentRead=True)
        return dict(answer.get("Item") or {})

    def query(self, words: str, partition: str, **request: Any) -> Iterator[Item]:
        """The items of a partition in the order of `sk`."""
        request |= {
            "TableName": self.name,
            "ConsistentRead": True,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": partition}},
        }
        while True:
            answer = self._call(words, "query", **request)
            yield from answer["Items"]
            if not answer.get("LastEvaluatedKey"):
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def put(self, words: str, item: Item, **condition: Any) -> None:
        """Raises RefusedError when the condition does not hold."""
        asked = {"TableName": self.name, "Item": item, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        self._call(words, "put_item", **asked, **condition)

    def update(self, words: str, key: Item, change: str, **condition: Any) -> Item:
        """The item as it is afterwards. Raises RefusedError when the condition does not hold."""
        asked = {"TableName": self.name, "Key": key, "UpdateExpression": change, "ReturnValues": "ALL_NEW"}
        asked["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        return dict(self._call(words, "update_item", **asked, **condition)["Attributes"])

    def transact(self, words: str, parts: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
        """All of `parts`, each an operation and its request, or nothing.

        Raises RefusedError when a condition does not hold.
        """
        asked = {"TableName": self.name, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        items = [{operation: {**asked, **request}} for operation, request in parts]
        self._call(words, "transact_write_items", TransactItems=items)

    def _call(self, words: str, operation: str, **request: Any) -> Any:
        for pause in CONFLICT_PAUSES:
            try:
                return self._once(words, operation, request)
            except StoreUnavailableError as error:
                if not error.conflict:
                    raise
                self._sleep(pause * SystemRandom().uniform(0.5, 1.5))
        return self._once(words, operation, request)

    def _once(self, words: str, operation: str, request: Mapping[str, Any]) -> Any:
        with doing(words):
            try:
                return getattr(self._dynamodb, operation)(**request)
            except (sdk.ClientError, sdk.BotoCoreError) as error:
                known = self._known(words, error)
                if known:
                    raise known from error
                raise

    def _known(self, words: str, error: Any) -> CalstackError | None:
        """In the store's words; None where `doing` has better ones."""
        answer = getattr(error, "response", None) or {}
        told = answer.get("Error", {})
        reasons = answer.get("CancellationReasons") or [{"Code": told.get("Code"), "Item": answer.get("Item")}]
        codes = {reason.get("Code") for reason in reasons}
        refused = {place: one.get("Item") or {} for place, one in enumerate(reasons) if one.get("Code") in _REFUSED}
        if refused:
            return RefusedError(words, refused)
        if _ABSENT in codes:
            return InputError(
                f"{words}: there is no table {self.name}. Build it first: ansible-playbook site.yml --limit release."
            )
        if codes & _PASSING_REASONS or is_passing(error):
            return StoreUnavailableError(words, told.get("Message") or str(error), conflict=bool(codes & _CONFLICT))
        return None
