"""A million small documents in 50 collections move while a writer writes; the migration is killed three times.

CALSTACK_MIGRATION_DOCUMENTS=N moves fewer.
"""

import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mongo
import pymongo
import pytest

from tests.migration.runs import Stages, Writer

DOCUMENTS = int(os.environ.get("CALSTACK_MIGRATION_DOCUMENTS", "1000000"))
COLLECTIONS = [f"collection{number:02}" for number in range(50)]
EACH = DOCUMENTS // len(COLLECTIONS)
BASELINE = min(100_000, DOCUMENTS)
MEMORY = 300 * 1000 * 1000
SHARE = 0.8
NEVER = 101
PAUSE = 0.02
"""Seconds between two writes of the writer."""


def document(number: int) -> dict[str, Any]:
    """As an application's small documents are: some 150 bytes."""
    return {
        "_id": number,
        "user": f"user{number % 997}",
        "title": f"breakfast number {number}",
        "day": number % 366,
        "done": number % 3 == 0,
        "place": {"x": number / 7, "y": -number},
    }


def insert(collection: Any, count: int) -> float:
    """The bare loop: documents a second."""
    batches = [[document(number) for number in range(at, min(at + 1000, count))] for at in range(0, count, 1000)]
    started = time.monotonic()
    for batch in batches:
        collection.insert_many(batch)
    return count / (time.monotonic() - started)


@pytest.fixture
def servers() -> Iterator[tuple[str, str]]:
    with mongo.server("127.106.0.1") as source, mongo.server("127.106.0.2") as target:
        yield source, target


class Pace:
    """Watches copies: how far each says it is, and how fast they were together, killed or not."""

    def __init__(self) -> None:
        self._runs: list[list[tuple[float, int]]] = []

    @property
    def rate(self) -> float:
        """Documents a second, from each run's first word to its last."""
        documents = sum(run[-1][1] - run[0][1] for run in self._runs)
        return documents / sum(run[-1][0] - run[0][0] for run in self._runs)

    def until(self, share: int) -> Callable[[str, float], bool]:
        """Whether a new run has come to `share` percent, asked with what it told last and its seconds."""
        seen: list[tuple[float, int]] = []
        self._runs.append(seen)

        def reached(told: str, seconds: float) -> bool:
            found = re.search(r"(\d+) %  ([\d,]+) of", told)
            if not found:
                return False
            count = int(found[2].replace(",", ""))
            if not seen or seen[-1][1] != count:
                seen.append((seconds, count))
            return int(found[1]) >= share

        return reached


def test_nothing_is_lost_at_a_bare_loops_speed(
    servers: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source: Any = pymongo.MongoClient(servers[0])
    target: Any = pymongo.MongoClient(servers[1])
    for name in COLLECTIONS:
        insert(source.shop[name], EACH)
    source.shop[COLLECTIONS[0]].create_index("user")
    bare = [insert(target.baseline.loop0, BASELINE)]
    pace = Pace()
    stages = Stages(*servers, "shop", tmp_path)
    stages.run("preflight")
    with Writer(servers[0], "shop", COLLECTIONS, EACH, PAUSE) as writer:
        cut = 0.0
        for share in (30, 65):
            cut += stages.run("copy", pace.until(share)).seconds
            bare.append(insert(target.baseline[f"loop{share}"], BASELINE))
        copied = stages.run("copy", pace.until(NEVER))
        while len(stages.kills) < 3:
            stages.run("catch_up", lambda told, _: told.startswith("catching up"))
        stages.run("catch_up")
        writer.stop()
    stages.run("freeze")
    verified = stages.run("verify")
    bare.append(insert(target.baseline.loop100, BASELINE))
    assert verified.answer
    rate, loop = pace.rate, sum(bare) / len(bare)
    whole = cut + copied.seconds
    with capsys.disabled():
        print(f"\n  documents            {verified.answer['documents']:,} in {len(COLLECTIONS)} collections")
        print(f"  writes meanwhile     {writer.writes:,}")
        print(f"  killed               {'; '.join(stages.kills)}")
        print(f"  the whole copy       {whole:.0f} s with two kills, {DOCUMENTS / whole:,.0f} documents/s")
        print(f"  copy                 {rate:,.0f} documents/s, all three runs")
        loops = ", ".join(f"{each:,.0f}" for each in bare)
        print(f"  bare insert_many     {loops} documents/s, before, between and after")
        print(f"  copy / bare loop     {rate / loop:.2f}")
        print(f"  memory               {stages.peak / 1e6:.0f} MB at the most")
        print(f"  verify               {verified.seconds:.0f} s")
    expected = dict(writer.ledger)
    for (name, number), wanted in expected.items():
        assert target.shop[name].find_one({"_id": number}) == wanted
    assert {each["namespace"] for each in verified.answer["collections"]} == {f"shop.{name}" for name in COLLECTIONS}
    added = sum(1 for (_, number), wanted in expected.items() if wanted and number >= EACH)
    removed = sum(1 for (_, number), wanted in expected.items() if not wanted and number < EACH)
    assert verified.answer["documents"] == EACH * len(COLLECTIONS) + added - removed
    assert len(stages.kills) == 3
    assert stages.peak < MEMORY
    assert rate / loop >= SHARE


def test_memory_does_not_grow_with_the_documents(
    servers: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source: Any = pymongo.MongoClient(servers[0])
    for name in ("large", "larger"):
        for number in range(30):
            source.shop[name].insert_one({"_id": number, "content": os.urandom(8 * 1024 * 1024)})
    stages = Stages(*servers, "shop", tmp_path)
    for stage in ("preflight", "copy", "catch_up"):
        stages.run(stage)
    # Not more: the stand-in for MongoDB puts all events into one answer, where MongoDB ends one at 16 MiB.
    source.shop.large.update_many({"_id": {"$lt": 4}}, {"$set": {"changed": True}})
    for stage in ("catch_up", "freeze", "verify"):
        stages.run(stage)
    with capsys.disabled():
        print(f"\n  memory               {stages.peak / 1e6:.0f} MB at the most, with documents of 8 MiB")
    assert stages.peak < MEMORY
