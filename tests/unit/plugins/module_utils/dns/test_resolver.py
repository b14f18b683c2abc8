"""Questions to a resolver, and its answers."""

import socket
import struct
import threading

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._dns.resolver import (
    Answer,
    ask,
    parse,
    question,
    send,
    system_resolvers,
)
from hypothesis import given
from hypothesis import strategies as st

NAME = b"\3dev\7example\3com\0"


def answer(number, *records, flags=0x8180, questions=1):
    """A message with the question for NAME; names in answers point to it."""
    body = struct.pack("!6H", number, flags, questions, len(records), 0, 0) + NAME + struct.pack("!2H", 2, 1)
    for type_, data in records:
        body += b"\xc0\x0c" + struct.pack("!HHIH", type_, 1, 60, len(data)) + data
    return body


def test_a_question_asks_for_recursion():
    message = question(7, "Dev.example.com.", "NS")
    assert message == struct.pack("!6H", 7, 0x0100, 1, 0, 0, 0) + NAME + struct.pack("!2H", 2, 1)


def test_names_are_read_with_their_pointers():
    said = parse(answer(7, (2, b"\2ns\xc0\x10"), (2, b"\3NS2\4test\0"), (1, b"\x7f\0\0\1")), 7, "NS")
    assert said == Answer(("ns.example.com", "ns2.test"))


def test_a_caa_record_says_who_may_issue():
    assert parse(answer(7, (257, b"\0\5issueletsencrypt.org")), 7, "CAA").values == ("issue letsencrypt.org",)


def test_no_such_name_is_an_answer():
    assert parse(answer(7, flags=0x8183), 7, "NS") == Answer()


@pytest.mark.parametrize("message", [answer(8), answer(7, flags=0x8182), answer(7, flags=0x0100)])
def test_another_answer_or_a_failure_is_none(message):
    with pytest.raises(ValueError, match="no answer"):
        parse(message, 7, "NS")


def test_a_name_that_points_to_itself_ends():
    loop = struct.pack("!6H", 7, 0x8180, 1, 0, 0, 0) + b"\xc0\x0c" + b"\0\2\0\1"
    with pytest.raises(ValueError, match="never ends"):
        parse(loop, 7, "NS")


@given(st.binary(max_size=80))
def test_whatever_comes_back_asking_never_fails(data):
    assert isinstance(ask("dev.example.com", "NS", ["192.0.2.1"], lambda _question, _resolver: data), Answer)


def test_the_first_resolver_that_answers_counts_and_none_means_not_known():
    def send_it(asked, resolver):
        if resolver == "dead":
            raise OSError
        return answer(struct.unpack_from("!H", asked)[0], (5, b"\1x\4test\0"))

    assert ask("dev.example.com", "CNAME", ["dead", "alive"], send_it) == Answer(("x.test",))
    assert ask("dev.example.com", "CNAME", ["dead"], send_it) == Answer(known=False)
    assert ask("dev.example.com", "CNAME", []) == Answer(known=False)


def test_over_the_wire():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(5)

        def serve():
            asked, who = server.recvfrom(512)
            server.sendto(asked[:2] + b"pong", who)

        thread = threading.Thread(target=serve)
        thread.start()
        assert send(b"\0\7ping", f"127.0.0.1:{server.getsockname()[1]}") == b"\0\7pong"
        thread.join()


def test_the_machines_resolvers(tmp_path):
    file = tmp_path / "resolv.conf"
    file.write_text(
        "# nameserver 9.9.9.9\nnameserver 192.0.2.1\nsearch example.com\nnameserver\nnameserver 2001:db8::1\n"
    )
    assert system_resolvers(file) == ("192.0.2.1", "2001:db8::1")
    assert system_resolvers(tmp_path / "none") == ()
