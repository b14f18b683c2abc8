"""How a module tells its action plugin of its progress."""

import stat

from ansible_collections.calstack.aws.plugins.module_utils._release.evidence import Verdict
from ansible_collections.calstack.aws.plugins.module_utils._release.progress import Event, Tick
from ansible_collections.calstack.aws.plugins.module_utils._release.progress_file import (
    Decoder,
    ProgressWriter,
    decode,
    encode,
)
from hypothesis import given
from hypothesis import strategies as st

TIMES = st.floats(0, 2e9)
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VERDICTS = st.builds(Verdict, WORDS, st.sampled_from(["pass", "fail", "inconclusive"]), WORDS)
EVENTS = st.builds(Event, TIMES, WORDS, WORDS, WORDS, st.integers(0, 100))
TICKS = st.builds(
    Tick, TIMES, WORDS, WORDS, WORDS, WORDS, *[st.integers(0, 100)] * 3, TIMES, WORDS, st.lists(VERDICTS).map(tuple)
)


@given(st.lists(EVENTS | TICKS, max_size=5), st.lists(st.integers(1, 60), min_size=1))
def test_what_is_written_is_read_however_it_is_cut(entries, sizes):
    written = "".join(f"{encode(entry)}\n" for entry in entries).encode()
    decoder, read, start, turn = Decoder(), [], 0, 0
    while start < len(written):
        size = sizes[turn % len(sizes)]
        read += decoder.feed(written[start : start + size])
        start, turn = start + size, turn + 1
    assert read == entries


def test_unknown_lines_and_keys_are_skipped():
    event = Event(1.0, "note", "x", "shift", 5)
    later = encode(event).replace('"at"', '"colour": "red", "at"')
    assert decode(later.encode()) == event
    for line in (
        b"",
        b"half {",
        b"[]",
        b"3",
        b"null",
        b'{"other": 1}',
        b'{"event": {"at": 1}}',
        b'{"tick": 5}',
        b"\xff",
    ):
        assert decode(line) is None


def test_each_entry_is_in_the_file_at_once(tmp_path):
    path = tmp_path / "progress"
    event = Event(1.0, "note", "x", "shift", 5)
    with ProgressWriter(str(path)) as writer:
        writer.event(event)
        assert Decoder().feed(path.read_bytes()) == [event]
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    writer.event(event)
    assert len(path.read_bytes().splitlines()) == 1


def test_progress_that_cannot_be_written_ends_nothing(tmp_path):
    event = Event(1.0, "note", "x", "shift", 5)
    for path in ("", str(tmp_path), "/dev/full"):
        with ProgressWriter(path) as writer:
            writer.event(event)
            writer.event(event)
