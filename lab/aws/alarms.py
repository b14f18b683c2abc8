"""CloudWatch's alarms and dashboards: composite alarms, states that last, tags; `lab.alarms` evaluates them."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from moto.cloudwatch.exceptions import ResourceNotFoundException
from moto.cloudwatch.models import Alarm, CloudWatchBackend, Dashboard
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult
from moto.core.utils import utcnow

from lab.alarms.message import Change, body, subject
from lab.alarms.rule import InvalidRuleError, holds, names
from lab.aws.patching import wrap

NEW = "INSUFFICIENT_DATA"


def apply() -> None:
    states()
    composite_alarms()
    types()
    deletion()
    dashboards()


def states() -> None:
    """A new alarm knows nothing yet, a changed one stays as it was; a state set by hand tells the topics as well."""

    @wrap(CloudWatchBackend, "put_metric_alarm")
    def put(original: Callable[..., Alarm], backend: CloudWatchBackend, *given: Any, **named: Any) -> Alarm:
        before = backend.alarms.get(named["name"])
        if before:
            named["tags"] = None  # AWS takes them for a new alarm only
        alarm = original(backend, *given, **named)
        alarm.state_value = before.state_value if before else NEW
        if before:
            alarm.state_reason, alarm.history = before.state_reason, before.history
            alarm.state_updated_timestamp = before.state_updated_timestamp
        return alarm

    @wrap(CloudWatchBackend, "set_alarm_state")
    def set_state(
        original: Callable[..., None], backend: CloudWatchBackend, name: str, reason: str, data: str, state: str
    ) -> None:
        alarm = backend.alarms.get(name)
        before = alarm.state_value if alarm else ""
        original(backend, name, reason, data, state)
        if alarm and before != state:
            tell(backend, alarm, before)


def change(backend: CloudWatchBackend, alarm: Alarm, state: str, reason: str) -> None:
    """Bring an alarm into another state, and tell those who want to know of it."""
    before = alarm.state_value
    alarm.update_state(reason, "{}", state)
    tell(backend, alarm, before)


def tell(backend: CloudWatchBackend, alarm: Alarm, before: str) -> None:
    """Run the actions of the state that `alarm` is in now: topics are told, other kinds are not played."""
    if not alarm.actions_enabled:
        return
    actions = {
        "OK": alarm.ok_actions,
        "ALARM": alarm.alarm_actions,
        "INSUFFICIENT_DATA": alarm.insufficient_data_actions,
    }[alarm.state_value]
    for arn in actions or ():
        if ":sns:" in arn:
            _publish(backend, arn, _change(backend, alarm, before))


def _change(backend: CloudWatchBackend, alarm: Alarm, before: str) -> Change:
    return Change(
        name=alarm.name,
        arn=alarm.alarm_arn,
        description=alarm.description or "",
        account=backend.account_id,
        region=backend.region_name,
        before=before,
        after=alarm.state_value,
        reason=alarm.state_reason,
        at=utcnow().isoformat(timespec="milliseconds") + "+0000",
    )


def _publish(backend: CloudWatchBackend, arn: str, found: Change) -> None:
    """A topic that has gone is none of an alarm's trouble."""
    from moto.sns.models import sns_backends

    topics = sns_backends[backend.account_id][arn.split(":")[3]]
    if arn in topics.topics:
        topics.publish(body(found), arn, subject=subject(found))


def composite_alarms() -> None:
    """PutCompositeAlarm; moto has none. Its rule must be readable and its alarms be there."""
    from moto.cloudwatch.exceptions import ValidationError

    def put_composite_alarm(self: CloudWatchResponse) -> ActionResult:
        try:
            missing = [
                name for name in names(self._get_param("AlarmRule")) if name not in self.cloudwatch_backend.alarms
            ]
        except InvalidRuleError:
            raise ValidationError("AlarmRule must not contain invalid expressions") from None
        if missing:
            raise ValidationError(f"Could not save the composite alarm as alarms [{', '.join(missing)}] do not exist")
        return self.put_metric_alarm()

    CloudWatchResponse.put_composite_alarm = put_composite_alarm
    Alarm.alarm_rule = property(lambda alarm: alarm.rule)


def composite_state(backend: CloudWatchBackend, alarm: Alarm) -> str:
    states_now = {name: other.state_value for name, other in backend.alarms.items()}
    return "ALARM" if holds(alarm.rule or "FALSE", states_now) else "OK"


def types() -> None:
    """DescribeAlarms gives metric alarms only, unless AlarmTypes asks for others; moto gives all."""

    @wrap(CloudWatchResponse, "describe_alarms")
    def describe(original: Callable[..., ActionResult], response: CloudWatchResponse) -> ActionResult:
        answer: Any = original(response)
        asked = response._get_param("AlarmTypes", []) or ["MetricAlarm"]
        kept = {"MetricAlarms": "MetricAlarm", "CompositeAlarms": "CompositeAlarm"}
        return ActionResult({key: found if kept[key] in asked else [] for key, found in answer.result.items()})


def deletion() -> None:
    """An alarm's tags go with it."""

    @wrap(CloudWatchBackend, "delete_alarms")
    def delete(original: Callable[..., None], backend: CloudWatchBackend, alarm_names: Iterable[str]) -> None:
        for name in alarm_names:
            if alarm := backend.alarms.get(name):
                backend.tagger.delete_all_tags_for_resource(alarm.alarm_arn)
        original(backend, list(alarm_names))


def dashboards() -> None:
    """Tags of dashboards: given to a new one, changed by TagResource and UntagResource, gone with it. moto has none."""

    @wrap(CloudWatchResponse, "put_dashboard")
    def put(original: Callable[..., ActionResult], response: CloudWatchResponse) -> ActionResult:
        backend, name = response.cloudwatch_backend, response._get_param("DashboardName")
        new = name not in backend.dashboards
        answer = original(response)
        if new:
            backend.tagger.tag_resource(backend.dashboards[name].arn, response._get_param("Tags", []))
        return answer

    @wrap(CloudWatchBackend, "tag_resource")
    def tag(original: Callable[..., None], backend: CloudWatchBackend, arn: str, tags: Mapping[str, str]) -> None:
        if ":dashboard/" not in arn:
            original(backend, arn, tags)
        elif not any(_is(item, arn) for item in backend.dashboards.values()):
            raise ResourceNotFoundException
        else:
            backend.tagger.tag_resource(arn, backend.tagger.convert_dict_to_tags_input(dict(tags)))

    @wrap(CloudWatchBackend, "untag_resource")
    def untag(original: Callable[..., None], backend: CloudWatchBackend, arn: str, keys: list[str]) -> None:
        if ":dashboard/" in arn:
            backend.tagger.untag_resource_using_names(arn, keys)
        else:
            original(backend, arn, keys)

    @wrap(CloudWatchBackend, "delete_dashboards")
    def delete(original: Callable[..., str | None], backend: CloudWatchBackend, given: list[str]) -> str | None:
        arns = [backend.dashboards[name].arn for name in given if name in backend.dashboards]
        refusal = original(backend, given)
        for arn in arns if refusal is None else ():
            backend.tagger.delete_all_tags_for_resource(arn)
        return refusal


def _is(dashboard: Dashboard, arn: str) -> bool:
    return bool(dashboard.arn == arn)
