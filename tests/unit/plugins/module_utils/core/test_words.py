"""Times and words as people read them."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.words import about, clean, cut, duration
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0.00 s"),
        (0.418, "0.42 s"),
        (7.46, "7.5 s"),
        (9.97, "10 s"),
        (59.7, "1 min"),
        (724, "12 min 4 s"),
        (3600, "1 h"),
        (3900, "1 h 5 min"),
        (7199, "2 h"),
    ],
)
def test_a_duration(seconds, words):
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(3, "about 10 s"), (44, "about 40 s"), (58, "about 1 min"), (61, "about 1 min"), (4000, "about 1 h 7 min")],
)
def test_an_estimate(seconds, words):
    assert about(seconds) == words


@given(st.text())
def test_clean_words_move_no_cursor(text):
    assert clean(text).isprintable()
    assert clean(clean(text)) == clean(text)


def test_an_escape_sequence_of_an_application_is_disarmed():
    assert clean("got \x1b[2Jgone\r\nand\u202e more") == "got [2Jgone and more"


@given(st.text("abc…"), st.integers(0, 60))
def test_cut_text_fits_and_keeps_its_beginning(text, width):
    kept = cut(text, width)
    assert len(kept) == min(len(text), width)
    assert kept == text or text.startswith(kept[:-1])


def test_wide_characters_count_twice():
    assert cut("日本語", 6) == "日本語"
    assert cut("日本語", 5) == "日本…"
