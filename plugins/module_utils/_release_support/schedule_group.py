# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The group of all schedules that releases set: the dead-man switch and retirements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.kind import PatientKind
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Wanted
from ansible_collections.calstack.aws.plugins.module_utils._core.wait import Wait, wait
from ansible_collections.calstack.aws.plugins.module_utils._ecs.calls import unless_absent
from ansible_collections.calstack.aws.plugins.module_utils._ecs.ownership import concerning
from ansible_collections.calstack.aws.plugins.module_utils._ecs.tags import tag_mapping, upper_tags
from ansible_collections.calstack.aws.plugins.module_utils._release_support.model import GROUP
from ansible_collections.calstack.aws.plugins.module_utils._release_support.names import group_name

ABSENT = "ResourceNotFoundException"
GONE = "gone"


class ScheduleGroup(PatientKind):
    kind = GROUP

    @property
    def _scheduler(self) -> Any:
        return self.clients("scheduler")

    def read(self, wanted: Iterable[Wanted]) -> list[Found]:
        """Waits for the end of one that is being deleted: until then none of its name can be made."""
        name = group_name(self.scope.stack)
        if self._state(name) == "DELETING":
            self._wait_until_gone(name)
        found = unless_absent(lambda: self._describe(name), ABSENT)
        return concerning(self.scope, [found] if found else [], wanted)

    def _describe(self, name: str) -> Found:
        arn = self._scheduler.get_schedule_group(Name=name)["Arn"]
        tags = tag_mapping(self._scheduler.list_tags_for_resource(ResourceArn=arn)["Tags"])
        return Found(self.kind, name, name, {"tags": tags}, {"arn": arn})

    def _state(self, name: str) -> str:
        answer = unless_absent(lambda: self._scheduler.get_schedule_group(Name=name), ABSENT)
        return str(answer["State"]) if answer else GONE

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        arn = self._scheduler.create_schedule_group(Name=name, Tags=upper_tags(properties["tags"]))["ScheduleGroupArn"]
        return Found(self.kind, name, name, properties, {"arn": arn})

    def update(self, found: Found, changed: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        self._scheduler.tag_resource(ResourceArn=found.attributes["arn"], Tags=upper_tags(properties["tags"]))

    def delete(self, found: Found) -> None:
        """Its schedules go with it, armed or not: what they would act on goes next."""
        unless_absent(lambda: self._scheduler.delete_schedule_group(Name=found.id), ABSENT)
        self._wait_until_gone(found.id)

    def _wait_until_gone(self, name: str) -> None:
        what = f"schedule group {name}, being deleted,"
        wait(Wait(what, lambda: self._state(name), until=(GONE,)), self.clock, self.sleep)
