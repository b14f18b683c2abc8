# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""A report as one HTML page that needs nothing else: no network, no script, no font. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from ansible_collections.calstack.aws.plugins.module_utils._core.words import duration
from ansible_collections.calstack.aws.plugins.module_utils._ecs.reference import short_image
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Phase
from ansible_collections.calstack.aws.plugins.module_utils._release.progress import Event
from ansible_collections.calstack.aws.plugins.module_utils._release.report.data import Judged, Report
from ansible_collections.calstack.aws.plugins.module_utils._release.report.markup import Markup, element
from ansible_collections.calstack.aws.plugins.module_utils._release.report.plot import plot
from ansible_collections.calstack.aws.plugins.module_utils._release.report.style import STYLE

NOTHING_FROM_ELSEWHERE = "default-src 'none'; style-src 'unsafe-inline'"
"""A browser then refuses to load or run anything, should a text ever escape its escaping."""

_TONES: dict[str, str] = {
    Phase.PROMOTED: "good",
    Phase.ROLL_BACK: "bad",
    Phase.ROLLED_BACK: "bad",
    Phase.ROLLBACK_FAILED: "bad",
}
_SIGNS = {"good": "✓", "bad": "✕", "warn": "…"}
_OUTCOMES = {"pass": ("good", "✓ pass"), "fail": ("bad", "✕ fail"), "inconclusive": ("warn", "? inconclusive")}


def html(report: Report) -> str:
    """The page, a complete document."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", http_equiv="Content-Security-Policy", content=NOTHING_FROM_ELSEWHERE),
        element("title", f"{report.stack}: {report.kind} {report.id}, {report.outcome}"),
        element("style", Markup(STYLE)),
    )
    return f"<!DOCTYPE html>\n{element('html', head, element('body', *_body(report)), lang='en')}\n"


def _body(report: Report) -> Iterator[Markup]:
    tone = _TONES.get(report.outcome, "warn")
    badge = element("span", f"{_SIGNS[tone]} {report.outcome}", class_=f"badge {tone}")
    yield element("h1", f"{report.kind.capitalize()} {report.id} ", badge)
    yield element("p", _headline(report))
    if report.reason:
        yield element("p", element("span", report.reason), class_=f"reason {tone}")
    yield element("dl", *_facts(report))
    for item in report.advice:
        yield element("div", f"{item.words}:", element("code", item.command), class_="next")
    yield element("h2", "Over time (UTC)")
    yield element("figure", plot(report))
    yield from _verdicts(report)
    yield from _wrong(report)
    yield element("h2", "What changed in the task definition")
    changes = [element("li", element("code", line)) for line in report.changes]
    yield element("ul", *changes) if changes else element("p", "Nothing but what is said above.", class_="quiet")
    yield element("h2", "Timeline (UTC)")
    yield _timeline(report)


def _headline(report: Report) -> str:
    new, old = short_image(report.image), short_image(report.stable_image)
    match report.outcome:
        case Phase.PROMOTED:
            return f"{report.candidate} serves everybody with {new}. Before it was {report.stable} with {old}."
        case Phase.ROLLED_BACK:
            return (
                f"{report.stable} serves everybody with {old}, as before. {new} on {report.candidate} was taken back."
            )
        case Phase.ROLLBACK_FAILED:
            return f"{report.candidate} may still serve users with {new}: the way back to {report.stable} failed."
    return f"{report.candidate} is to take over with {new} from {report.stable} with {old}; this is not over."


def _facts(report: Report) -> Iterator[Markup]:
    share = max((weight for _, weight in report.weights), default=0)
    yield _fact("took", duration(report.seconds), "big")
    if report.rollback_seconds is not None:
        yield _fact("from the verdict to 0 % on the candidate", duration(report.rollback_seconds), "big")
    yield _fact("highest share of the candidate", f"{share} %", "big")
    yield _fact("began (UTC)", _moment(report.started_at))
    for role, colour in (("stable", report.stable), ("candidate", report.candidate)):
        points = report.series.get(colour, ())
        if points:
            errors, requests = sum(point.errors for point in points), sum(point.requests for point in points)
            yield _fact(f"errors of {role} {colour}", f"{errors:,} of {requests:,} requests")
    for route, items in report.probes.items():
        if items:
            failed, asked = sum(item.failed for item in items), sum(item.asked for item in items)
            yield _fact(f"failed probes ({route})", f"{failed:,} of {asked:,}")
    if report.warm_until > report.ended_at and report.outcome == Phase.PROMOTED:
        yield _fact(f"{report.stable} kept warm until (UTC)", _moment(report.warm_until))
    yield _fact("stack", report.stack)
    yield _fact("label", report.label)
    yield _fact("task definition", _revision(report.task_definition))
    yield _fact("task definition before", _revision(report.stable_task_definition))
    for name, value in (
        ("image", report.image),
        ("image before", report.stable_image),
        ("steps", "; ".join(report.steps)),
        ("by", report.by),
    ):
        yield _fact(name, value or "none", wide="wide")


def _fact(name: str, value: str, kind: str | None = None, wide: str | None = None) -> Markup:
    return element("div", element("dt", name), element("dd", value, class_=kind), class_=wide)


def _verdicts(report: Report) -> Iterator[Markup]:
    yield element("h2", "What the gates said last")
    if not report.verdicts:
        yield element("p", "No gate has said anything.", class_="quiet")
        return
    yield _table(("when", "gate", "verdict", "why"), [_verdict(judged) for judged in report.verdicts])


def _verdict(judged: Judged) -> Markup:
    tone, words = _OUTCOMES[judged.outcome]
    return element(
        "tr",
        element("td", _time(judged.at), class_="time"),
        element("td", judged.gate, class_="gate"),
        element("td", words, class_=f"fix {tone}"),
        element("td", judged.words, class_="words"),
    )


def _wrong(report: Report) -> Iterator[Markup]:
    if not report.wrong_answers:
        return
    yield element("h2", "What probes found wrong")
    rows = [
        element(
            "tr",
            element("td", f"{_time(wrong.first)} to {_time(wrong.last)}", class_="time"),
            element("td", wrong.route),
            element("td", f"{wrong.times:,}", class_="fix"),
            element("td", wrong.words, class_="words"),
        )
        for wrong in report.wrong_answers
    ]
    yield _table(("when", "route", "times", "what"), rows)


def _timeline(report: Report) -> Markup:
    return _table(("when", "weight", "what", "words"), [_event(event) for event in report.timeline])


def _event(event: Event) -> Markup:
    kind = event.phase if event.kind == "phase" else event.kind
    tone = "warn" if event.kind == "trouble" else _TONES.get(event.phase) if event.kind == "phase" else None
    return element(
        "tr",
        element("td", _time(event.at), class_="time"),
        element("td", f"{event.candidate_weight} %", class_="fix quiet"),
        element("td", kind, class_=f"fix {tone or ('' if event.kind == 'phase' else 'quiet')}".strip()),
        element("td", event.words, class_="words"),
    )


def _table(heads: tuple[str, ...], rows: list[Markup]) -> Markup:
    head = element("tr", *(element("th", name, scope="col") for name in heads))
    return element("table", element("thead", head), element("tbody", *rows), class_="log")


def _revision(arn: str) -> str:
    return arn.rpartition("/")[2] or "none"


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S")


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")
