"""A release's report: what it says, that it cannot be forged, and that it needs nothing else."""

import json
import re
from dataclasses import asdict, replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
import release_examples
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._release.evidence import Sample
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Phase, Step
from ansible_collections.calstack.aws.plugins.module_utils._release.progress import Event
from ansible_collections.calstack.aws.plugins.module_utils._release.report.axis import Axis, round_up, time_marks
from ansible_collections.calstack.aws.plugins.module_utils._release.report.data import ReportInput, build
from ansible_collections.calstack.aws.plugins.module_utils._release.report.files import as_json, write
from ansible_collections.calstack.aws.plugins.module_utils._release.report.markup import element
from ansible_collections.calstack.aws.plugins.module_utils._release.report.page import html
from ansible_collections.calstack.aws.plugins.module_utils._release.report.plot import plot
from ansible_collections.calstack.aws.plugins.module_utils._release.report.probes import SLOTS, answers
from hypothesis import given, settings
from hypothesis import strategies as st

START = release_examples.START
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30) | st.just("</td><script>alert(1)</script>")
EVENTS = st.builds(
    Event,
    st.floats(START, START + 5000),
    st.sampled_from(["phase", "intent", "done", "verdict", "note", "trouble"]),
    TEXT | st.sampled_from(["error rate: fail, x", "probes: pass", "a: inconclusive, b"]),
    st.sampled_from([str(phase) for phase in Phase]),
    st.integers(0, 100),
)
SAMPLES = st.builds(
    Sample,
    st.floats(START, START + 5000),
    st.sampled_from(["candidate", "production"]),
    TEXT,
    st.booleans(),
    st.none() | st.integers(100, 599),
    st.floats(0, 60),
    TEXT,
)
SERIES = st.dictionaries(
    st.sampled_from(["blue", "green"]),
    st.lists(st.tuples(st.floats(START, START + 5000), st.integers(0, 10**7), st.integers(0, 10**6)), max_size=4),
)
RELEASES = st.builds(
    replace,
    st.just(release_examples.RELEASE),
    phase=st.sampled_from(Phase),
    reason=TEXT,
    by=TEXT,
    label=TEXT,
    ended_at=st.sampled_from([0.0, START, START + 5000]),
    verdict_at=st.sampled_from([0.0, START + 10]),
    restored_at=st.sampled_from([0.0, START + 11]),
)
INPUTS = st.builds(
    ReportInput,
    RELEASES,
    st.lists(EVENTS, max_size=6),
    SERIES,
    st.lists(SAMPLES, max_size=4),
    st.lists(TEXT, max_size=2),
)


# An input is a whole release: thirty take a second.
FEW = settings(max_examples=30)


class Reader(HTMLParser):
    """The elements and the text of a page; complains of elements that do not nest."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.words: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag != "meta":
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader._open == []
    return reader


@FEW
@given(INPUTS)
def test_any_release_makes_a_page_without_foreign_elements(given):
    report = build(given)
    reader = read(html(report))
    known = "html head meta title style body h1 h2 p span div dl dt dd code figure table thead tbody tr th td ul li"
    assert reader.names <= {*known.split(), "svg", "rect", "path", "line", "text"}
    assert not {name for name in reader.attributes if name.startswith("on") or name in ("href", "src", "style")}
    for text in (report.reason, *report.changes, *(event.words for event in report.timeline)):
        assert not text or text in reader.words
    ElementTree.fromstring(plot(report))


@FEW
@given(INPUTS)
def test_the_json_says_what_the_report_says(given):
    report = build(given)
    assert json.loads(as_json(report)) == json.loads(json.dumps(asdict(report)))


@FEW
@given(INPUTS)
def test_weights_and_phases_follow_each_other(given):
    report = build(given)
    assert report.weights[0] == (START, 0)
    assert all(before <= after for (before, _), (after, _) in pairwise(report.weights))
    assert all(before != after for (_, before), (_, after) in pairwise(report.weights))
    assert all(span.start < span.end for span in report.phases)
    assert all(before.end <= after.start for before, after in pairwise(report.phases))


@pytest.mark.parametrize("example", [release_examples.promoted, release_examples.rolled_back])
def test_the_page_needs_nothing_from_elsewhere(example):
    page = html(build(example()))
    assert not re.search(r"https?:|url\(|@import|<script|<link|<img", page)
    assert "default-src &#x27;none&#x27;" in page


def test_a_promotion_says_who_what_and_how_long():
    report = build(release_examples.promoted())
    assert report.seconds == 724
    assert report.rollback_seconds is None
    assert [weight for _, weight in report.weights] == [0, 10, 50, 100]
    assert [at - START for at, _ in report.weights] == pytest.approx([0, 68.3, 251.4, 520.4])
    assert report.period == 20
    assert report.steps == ("10 % for 3 min", "50 % for 3 min, then until somebody promotes", "100 % for 3 min")
    words = " ".join(read(html(report)).words)
    for expected in (
        "✓ promoted",
        "12 min 4 s",
        "assumed-role/deploy/kim",
        "LOG_LEVEL",
        "calstack.aws.rollback -i inventories/dev",
    ):
        assert expected in words


def test_a_rollback_says_why_and_how_fast():
    report = build(release_examples.rolled_back())
    assert round(report.rollback_seconds or 0, 2) == 0.42
    assert report.weights[-1] == (START + 318.42, 0)
    assert [judged.outcome for judged in report.verdicts] == ["fail", "pass", "pass"]
    assert report.wrong_answers[0].words == "answered 500 instead of 200"
    words = " ".join(read(html(report)).words)
    for expected in ("✕ rolled back", "0.42 s", "candidate 5xx 4.1 % (82/2000)", "✕ fail"):
        assert expected in words


@pytest.mark.parametrize(("kind", "phase"), [("intent", "shift"), ("trouble", "shift"), ("phase", "shift")])
def test_a_weight_that_is_only_wanted_is_not_there_yet(kind, phase):
    wanted = Event(START + 5, kind, "set the production rule to blue 50 % / green 50 %", phase, 50)
    assert build(ReportInput(release_examples.RELEASE, [wanted])).weights == ((START, 0),)
    armed = Event(START + 5, "done", "arm the dead-man switch", phase, 50)
    assert build(ReportInput(release_examples.RELEASE, [armed])).weights == ((START, 0),)


def test_a_weight_whose_setting_was_not_recorded_shows_with_the_next_phase():
    later = Event(START + 9, "phase", "50 % for 3 min", "analyse", 50)
    assert build(ReportInput(release_examples.RELEASE, [later])).weights == ((START, 0), (START + 9, 50))


def test_a_pause_has_its_time():
    timed = replace(release_examples.RELEASE, steps=(Step(5, 0, "09:00"),))
    assert build(ReportInput(timed, ())).steps == ("5 %, then until 09:00 UTC",)


@given(st.lists(SAMPLES, max_size=30), st.floats(0, 5000))
def test_slots_lose_no_probe(samples, length):
    end = START + length
    slots = answers(samples, START, end)
    for route, items in slots.items():
        of_route = [sample for sample in samples if sample.route == route and sample.at <= end]
        assert sum(item.asked for item in items) == len(of_route)
        assert sum(item.failed for item in items) == sum(not sample.ok for sample in of_route)
        assert len(items) <= SLOTS + 1
        slowest = max((sample.seconds for sample in of_route if sample.ok), default=None)
        assert max((item.slowest for item in items if item.slowest is not None), default=None) == slowest


@given(st.floats(START, START + 1e5), st.floats(1, 7 * 86400))
def test_marks_of_time_are_few_and_inside(start, length):
    marks = time_marks(start, start + length)
    assert len(marks) <= 9
    assert all(start <= at <= start + length for at, _ in marks)


@given(st.floats(1e-9, 1e12))
def test_an_axis_ends_little_above_its_highest_value(value):
    assert value <= round_up(value) <= 2.6 * value


@given(st.floats(-10, 20))
def test_an_axis_stays_within_its_ends(value):
    assert 100 <= Axis(0, 10, 100, 300)(value) <= 300
    assert Axis(5, 5, 100, 300)(5) == 100


def test_an_element_escapes_its_attributes():
    assert element("p", "<b>", title='"><script>') == '<p title="&quot;&gt;&lt;script&gt;">&lt;b&gt;</p>'


def test_both_files_are_written_and_nothing_else(tmp_path):
    report = build(release_examples.promoted())
    page, data = write(str(tmp_path / "releases"), report)
    write(str(tmp_path / "releases"), report)
    assert sorted(path.name for path in (tmp_path / "releases").iterdir()) == [f"{report.id}.html", f"{report.id}.json"]
    assert Path(page).read_text() == html(report)
    assert json.loads(Path(data).read_text())["outcome"] == "promoted"


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "..", "a b\n"])
def test_an_id_cannot_leave_the_folder(tmp_path, name):
    page, _ = write(str(tmp_path / "releases"), replace(build(release_examples.promoted()), id=name))
    assert [path.parent.name for path in tmp_path.rglob("*.html")] == ["releases"]
    assert page.startswith(str(tmp_path / "releases") + "/")


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(CalstackError, match=r"writing the report of release .* release_report_dir"):
        write(str(tmp_path / "file"), build(release_examples.promoted()))


def test_a_write_that_breaks_off_leaves_the_old_page(tmp_path, monkeypatch):
    report = build(release_examples.promoted())
    page, _ = write(str(tmp_path), report)

    def full(path: Path, text: str, encoding: str = "") -> int:
        path.write_bytes(text[:99].encode())
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(CalstackError, match="No space left"):
        write(str(tmp_path), report)
    assert Path(page).read_text() == html(report)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_page_is_never_there_in_part(tmp_path, monkeypatch):
    written = []
    original = Path.write_text
    monkeypatch.setattr(
        Path, "write_text", lambda path, *rest, **more: written.append(path) or original(path, *rest, **more)
    )
    final = write(str(tmp_path), build(release_examples.promoted()))
    assert written
    assert not {str(path) for path in written} & set(final)
