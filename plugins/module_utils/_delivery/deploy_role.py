# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The role that GitHub's jobs take. One of an earlier name must not stay behind with its power."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Clients, Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Wanted
from ansible_collections.calstack.aws.plugins.module_utils._delivery.names import REGION_TAG, provider_arn
from ansible_collections.calstack.aws.plugins.module_utils._delivery.trusting import trusting
from ansible_collections.calstack.aws.plugins.module_utils._ecs.calls import unless_absent
from ansible_collections.calstack.aws.plugins.module_utils._ecs.role import ABSENT, Role
from ansible_collections.calstack.aws.plugins.module_utils._ecs.survey import account
from ansible_collections.calstack.aws.plugins.module_utils._ecs.tags import tag_mapping


class DeployRole(Role):
    """Found by its tags among the roles that trust the provider: its name is for people to choose."""

    def __init__(self, clients: Clients, scope: Scope) -> None:
        super().__init__(clients, scope, whose="Deployments by GitHub Actions")

    def read(self, wanted: Iterable[Wanted]) -> list[Found]:
        where = account(self.clients)
        others = set(trusting(self.clients("iam"), provider_arn(where.partition, where.id)))
        names = {item.name for item in wanted}
        ours = names | {name for name in others if self._owns(name, where.region)}
        return [found for name in sorted(ours) if (found := self._found(name))]

    def _owns(self, name: str, region: str) -> bool:
        answer = unless_absent(lambda: self.clients("iam").list_role_tags(RoleName=name), ABSENT)
        tags = tag_mapping(answer["Tags"]) if answer else {}
        return self.scope.owns(tags) and tags.get(REGION_TAG) == region
