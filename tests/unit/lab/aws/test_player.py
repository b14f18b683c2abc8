"""What a CloudFront function does by status, found out by running it; what that cannot be found out of is refused."""

import pytest

from lab.aws.cloudfront.player import Outcome, Play, UnplayableError, play

SETS = "function handler(event) {{ const r = event.response; {} return r; }}"


def played(body: str) -> Play:
    return play(SETS.format(body).encode())


def test_what_depends_on_the_status_alone() -> None:
    found = played("if (r.statusCode == 304) r.headers['a'] = {value: 'b'}; else { delete r.headers['server']; }")
    assert found == Play(Outcome(removed=("server",)), ((304, Outcome(put=(("a", "b"),))),))


def test_a_function_may_promise_its_answer_and_log() -> None:
    code = b"async function handler(event) { console.log('x'); await 0; return event.response; }"
    assert play(code) == Play(Outcome())


def test_the_last_word_on_a_header_counts() -> None:
    set_after = played("delete r.headers['a']; r.headers['a'] = {value: '1'};")
    assert set_after.usual == Outcome(put=(("a", "1"),))
    gone_after = played("r.headers['a'] = {value: '1'}; delete r.headers['a'];")
    assert gone_after.usual == Outcome(removed=("a",))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("event.request.uri;", r"it reads event\.request"),
        ("try { event.viewer.ip; } catch (error) {}", r"it reads event\.viewer"),
        ("if (r.headers['etag']) r.headers['a'] = {value: '1'};", r"it reads response\.headers\['etag'\]"),
        ("if ('etag' in r.headers) r.headers['a'] = {value: '1'};", r"it looks at all of response\.headers"),
        ("for (const name in r.headers) {}", r"it looks at all of response\.headers"),
        ("r.statusCode = 200;", r"it sets response\.statusCode"),
        ("r.headers = {};", r"it sets response\.headers"),
        ("return {...r};", "it looks at all of response"),
        ("return {statusCode: 200};", r"something else than event\.response"),
        ("r.headers['a'] = {value: String(Date.now())};", "Date is not defined"),
        ("r.headers['a'] = {value: String(Math.random())};", "not a function"),
        ("globalThis.n = (globalThis.n || 0) + 1; r.headers['a'] = {value: `${n}`};", "differently the second time"),
        ("r.headers['A'] = {value: '1'};", "A is no header's name in lower case"),
        ("r.headers['via'] = {value: '1'};", "lets no function change via"),
        ("r.headers['a'] = '1';", "something else than"),
        ("r.headers['a'] = {value: '1', multiValue: []};", "something else than"),
        ("r.headers['a'] = {value: '1\\n'};", "printable ASCII"),
        ("return new Promise(() => {});", "never kept"),
        ("nothing.at;", "nothing is not defined"),
        ("while (true) {}", "interrupted"),
    ],
)
def test_what_cannot_be_played_says_why(body: str, words: str) -> None:
    with pytest.raises(UnplayableError, match=words):
        played(body)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (b"function hand(event) {}", r"no function handler\(event\)"),
        (b"function handler(", "SyntaxError"),
        (b"import cf from 'cloudfront'; function handler(event) { return event.response; }", "SyntaxError"),
    ],
)
def test_code_that_is_none(code: bytes, words: str) -> None:
    with pytest.raises(UnplayableError, match=words):
        play(code)
