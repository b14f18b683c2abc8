"""The copy's bounds: bytes held, sizes of batches, cursors that break."""

import threading

import bson
import pytest
from ansible_collections.calstack.aws.plugins.module_utils._migrate import copy
from ansible_collections.calstack.aws.plugins.module_utils._migrate.copy import Budget, documents, gathered
from ansible_collections.calstack.aws.plugins.module_utils._migrate.errors import UnreachableError
from ansible_collections.calstack.aws.plugins.module_utils._migrate.model import Namespace
from ansible_collections.calstack.aws.plugins.module_utils._migrate.patience import Patience
from bson.raw_bson import RawBSONDocument
from hypothesis import given
from hypothesis import strategies as st

ORDERS = Namespace("shop", "orders")


def raw(document):
    return RawBSONDocument(bson.encode(document))


@given(st.lists(st.integers(0, 60), max_size=40))
def test_batches_hold_everything_in_order_and_little_at_a_time(sizes):
    found = [raw({"_id": number, "c": b"x" * size}) for number, size in enumerate(sizes)]
    limits = copy.BYTES, copy.DOCUMENTS
    copy.BYTES, copy.DOCUMENTS = 100, 4
    try:
        batches = list(gathered(iter(found)))
    finally:
        copy.BYTES, copy.DOCUMENTS = limits
    assert [each for batch, _ in batches for each in batch] == found
    for batch, size in batches:
        assert size == sum(len(each.raw) for each in batch)
        assert 0 < len(batch) <= 4
        # Without its last document a batch was not full yet.
        assert size - len(batch[-1].raw) < 100


def test_what_does_not_fit_waits_until_there_is_room():
    budget, over = Budget(100), threading.Event()
    budget.take(80, over)
    fits = threading.Thread(target=budget.take, args=(30, over))
    fits.start()
    fits.join(0.05)
    assert fits.is_alive()
    budget.give(80)
    fits.join(5)
    assert not fits.is_alive()


def test_one_document_that_is_larger_than_everything_is_let_through():
    Budget(100).take(1000, threading.Event())


def test_the_end_of_the_copy_ends_the_waiting():
    budget, over = Budget(100), threading.Event()
    budget.take(100, over)
    over.set()
    budget.take(100, over)


class Breaks:
    """A server whose cursor breaks before these positions."""

    side = "source"

    def __init__(self, count, breaks):
        self.count, self.breaks, self.scans = count, list(breaks), 0

    def scan(self, server, namespace, after):
        self.scans += 1
        first = 0 if after is None else after["_id"] + 1
        for number in range(first, self.count):
            if self.breaks and number == self.breaks[0]:
                self.breaks.pop(0)
                raise UnreachableError("gone")
            yield raw({"_id": number})


@given(st.lists(st.integers(0, 19), max_size=5, unique=True).map(sorted))
def test_a_cursor_that_breaks_is_opened_again_behind_the_last_document(breaks):
    server = Breaks(20, breaks)
    original = copy._scan
    copy._scan = server.scan
    try:
        found = [each["_id"] for each in documents(server, ORDERS, None, Patience(lambda _: None))]
    finally:
        copy._scan = original
    assert found == list(range(20))
    assert server.scans == len(breaks) + 1


def test_a_cursor_that_never_works_is_given_up(monkeypatch):
    server = Breaks(20, [3] * 100)
    monkeypatch.setattr(copy, "_scan", server.scan)
    with pytest.raises(UnreachableError):
        list(documents(server, ORDERS, None, Patience(lambda _: None, (1.0, 2.0))))
    assert server.scans == 3
