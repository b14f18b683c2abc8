# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The table of releases: lock, records and timelines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import PatientKind
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Wanted
from ansible_collections.calstack.aws.plugins.module_utils._core.wait import Wait, wait
from ansible_collections.calstack.aws.plugins.module_utils._ecs.calls import patiently, unless_absent
from ansible_collections.calstack.aws.plugins.module_utils._ecs.ownership import concerning
from ansible_collections.calstack.aws.plugins.module_utils._ecs.tags import tag_mapping, upper_tags
from ansible_collections.calstack.aws.plugins.module_utils._release_support.model import KEYS, TABLE
from ansible_collections.calstack.aws.plugins.module_utils._release_support.names import table_name

ABSENT = ("ResourceNotFoundException", "TableNotFoundException")
NOT_YET = "ContinuousBackupsUnavailable"
"""What a new table answers until DynamoDB has set its backups up."""
ACTIVE = "ACTIVE"
GONE = "gone"
AT_REST = (ACTIVE, GONE, "INACCESSIBLE_ENCRYPTION_CREDENTIALS", "ARCHIVED")


class Table(PatientKind):
    """Paid by the request, with a copy of every second of the last 35 days."""

    kind = TABLE
    fixed = frozenset({"keys"})

    @property
    def _dynamodb(self) -> Any:
        return self.clients("dynamodb")

    def read(self, wanted: Iterable[Wanted]) -> list[Found]:
        """Raises CalstackError when it is to go and is protected: before the component's other parts have gone.

        One that is being made, changed or deleted is waited for: DynamoDB takes no call for it until then.
        """
        name, asked = table_name(self.scope.stack), list(wanted)
        self._wait(name, *AT_REST)
        found = unless_absent(lambda: self._describe(name), *ABSENT)
        concerned = concerning(self.scope, [found] if found else [], asked)
        if concerned and not asked and concerned[0].properties["deletion_protection"]:
            raise CalstackError(
                f"table {name}, the record of all releases, is protected from deletion; nothing has been deleted. "
                f"Set release_deletion_protection: false, run site.yml --limit release, then delete it."
            )
        return concerned

    def _describe(self, name: str) -> Found:
        table = self._dynamodb.describe_table(TableName=name)["Table"]
        types = {item["AttributeName"]: item["AttributeType"] for item in table["AttributeDefinitions"]}
        properties = {
            "keys": tuple(
                f"{key['AttributeName']} {key['KeyType']} {types[key['AttributeName']]}" for key in table["KeySchema"]
            ),
            "billing_mode": table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED"),
            "point_in_time_recovery": self._recovery(name),
            "deletion_protection": table.get("DeletionProtectionEnabled", False),
            "tags": self._tags(table["TableArn"]),
        }
        return Found(self.kind, name, name, properties, {"arn": table["TableArn"]})

    def _recovery(self, name: str) -> bool:
        answer = self._dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
        recovery = answer.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus")
        return bool(recovery == "ENABLED")

    def _tags(self, arn: str) -> dict[str, str]:
        pages = self._dynamodb.get_paginator("list_tags_of_resource").paginate(ResourceArn=arn)
        return tag_mapping(tag for page in pages for tag in page["Tags"])

    def _state(self, name: str) -> str:
        answer = unless_absent(lambda: self._dynamodb.describe_table(TableName=name), *ABSENT)
        return str(answer["Table"]["TableStatus"]) if answer else GONE

    def _wait(self, name: str, *until: str, state: Callable[[], str] | None = None) -> None:
        wait(Wait(f"table {name}", state or (lambda: self._state(name)), until), self.clock, self.sleep)

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        keys = [key.split() for key in KEYS]
        table = self._dynamodb.create_table(
            TableName=name,
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": type_} for key, _part, type_ in keys],
            KeySchema=[{"AttributeName": key, "KeyType": part} for key, part, _type in keys],
            BillingMode=properties["billing_mode"],
            DeletionProtectionEnabled=properties["deletion_protection"],
            Tags=upper_tags(properties["tags"]),
        )["TableDescription"]
        return Found(self.kind, name, name, properties, {"arn": table["TableArn"]})

    def settle(self, found: Found) -> Found:
        """Until its tags can be read, too: without them the next look would take it for somebody else's."""

        def state() -> str:
            seen = self._state(found.id)
            tagged = seen == ACTIVE and self.scope.owns(self._tags(found.attributes["arn"]))
            return ACTIVE if tagged else f"{seen} without its tags" if seen == ACTIVE else seen

        self._wait(found.id, ACTIVE, state=state)
        self._recover(found.id)
        return found

    def update(self, found: Found, changed: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        if "billing_mode" in changed:
            self._change(found.id, BillingMode=changed["billing_mode"])
        if "deletion_protection" in changed:
            self._change(found.id, DeletionProtectionEnabled=changed["deletion_protection"])
        if "point_in_time_recovery" in changed:
            self._recover(found.id)
        if "tags" in changed:
            self._dynamodb.tag_resource(ResourceArn=found.attributes["arn"], Tags=upper_tags(changed["tags"]))

    def _change(self, name: str, **what: Any) -> None:
        """DynamoDB takes one change at a time."""
        self._dynamodb.update_table(TableName=name, **what)
        self._wait(name, ACTIVE)

    def _recover(self, name: str) -> None:
        patiently(
            lambda: self._dynamodb.update_continuous_backups(
                TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
            ),
            NOT_YET,
            clock=self.clock,
            sleep=self.sleep,
        )

    def delete(self, found: Found) -> None:
        unless_absent(lambda: self._dynamodb.delete_table(TableName=found.id), *ABSENT)
        self._wait(found.id, GONE)
