# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""GitHub's identity provider in the account. There is one for all environments, and for whoever else uses it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.kind import COMPONENT_TAG, Kind
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Wanted
from ansible_collections.calstack.aws.plugins.module_utils._delivery.deploy_role import DeployRole
from ansible_collections.calstack.aws.plugins.module_utils._delivery.model import PROVIDER
from ansible_collections.calstack.aws.plugins.module_utils._delivery.names import AUDIENCE, ISSUER, provider_arn
from ansible_collections.calstack.aws.plugins.module_utils._delivery.trusting import trusting
from ansible_collections.calstack.aws.plugins.module_utils._ecs.calls import unless_absent
from ansible_collections.calstack.aws.plugins.module_utils._ecs.role import ABSENT
from ansible_collections.calstack.aws.plugins.module_utils._ecs.survey import account
from ansible_collections.calstack.aws.plugins.module_utils._ecs.tags import tag_mapping, upper_tags

EXISTS = "EntityAlreadyExists"


class Provider(Kind):
    """Its tags say that we have made it, not whose it is: it has no properties that another environment could want
    otherwise. It goes with the last role that trusts it, and only if we have made it."""

    kind = PROVIDER

    @property
    def _iam(self) -> Any:
        return self.clients("iam")

    def read(self, wanted: Iterable[Wanted]) -> list[Found]:
        where = account(self.clients)
        arn = provider_arn(where.partition, where.id)
        answer = unless_absent(lambda: self._iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn), ABSENT)
        if answer is None or not (list(wanted) or self._only_ours(arn, answer)):
            return []
        audience = AUDIENCE if AUDIENCE in answer["ClientIDList"] else ""
        return [Found(self.kind, ISSUER, arn, {"audience": audience})]

    def _only_ours(self, arn: str, answer: Mapping[str, Any]) -> bool:
        if tag_mapping(answer.get("Tags")).get(COMPONENT_TAG) != self.scope.component:
            return False
        roles = {item.name for item in DeployRole(self.clients, self.scope).read(())}
        return set(trusting(self._iam, arn)) <= roles

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        """Without a thumbprint: AWS knows the authorities that GitHub's certificate comes from.

        Another environment's run may have been quicker.
        """
        where = account(self.clients)
        unless_absent(
            lambda: self._iam.create_open_id_connect_provider(
                Url=f"https://{name}",
                ClientIDList=[properties["audience"]],
                Tags=upper_tags({COMPONENT_TAG: self.scope.component, "Name": name}),
            ),
            EXISTS,
        )
        return Found(self.kind, name, provider_arn(where.partition, where.id), properties)

    def update(self, found: Found, changed: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        """The only thing to change: somebody else's provider without our audience gets it besides."""
        self._iam.add_client_id_to_open_id_connect_provider(
            OpenIDConnectProviderArn=found.id, ClientID=properties["audience"]
        )

    def delete(self, found: Found) -> None:
        unless_absent(lambda: self._iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=found.id), ABSENT)
