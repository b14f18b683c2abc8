# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""mongodump | mongorestore: a copy of what stands still. Nothing is written to a file on the way.

A dump follows no changes, so writes must have been stopped before, and a copy that was cut off begins its database
anew: what the earlier one has written, and nothing else, is dropped.
"""

from __future__ import annotations

import subprocess
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue

from ansible_collections.calstack.aws.plugins.module_utils._migrate.engines.child import Child, nameless
from ansible_collections.calstack.aws.plugins.module_utils._migrate.engines.job import EngineError, Job, Ledger, Tell
from ansible_collections.calstack.aws.plugins.module_utils._migrate.engines.tools_output import (
    Transfer,
    advice,
    after,
    at_fault,
    short,
    status,
)
from ansible_collections.calstack.aws.plugins.module_utils._migrate.engines.uris import (
    Mask,
    config_line,
    without_database,
)

LOOK = 0.2
"""Seconds between two looks at whether a tool has ended."""

PATIENCE = 5.0
"""Seconds that the second tool is given to end once the first has failed: the exit codes say whose fault it was."""


@dataclass(frozen=True)
class Tools:
    """The engine. Give it the paths of the two programs: see `download.database_tools`."""

    mongodump: Path
    mongorestore: Path

    name = "mongodump"
    follows = False
    """It copies what is there and follows no changes: the stages are freeze, copy, verify."""

    def copy(self, job: Job, tell: Tell, ledger: Ledger) -> dict[str, int]:
        """Copy each database that the ledger does not know as copied; how many documents each of them had.

        Raises EngineError.
        """
        copied = {}
        for database in job.databases:
            before = ledger.state(database)
            if before == "copied":
                tell.line(f"{database} has been copied by an earlier run")
                continue
            if before == "begun":
                tell.line(f"{database} was cut off by the end of an earlier run: it is copied anew")
            ledger.record(database, "begun")
            transfer = self._pipe(job, database, again=before == "begun", tell=tell)
            ledger.record(database, "copied")
            copied[database] = transfer.documents
            tell.line(f"{database}: {len(transfer.restored)} collections, {transfer.documents:,} documents copied")
        return copied

    def _pipe(self, job: Job, database: str, *, again: bool, tell: Tell) -> Transfer:
        heard: SimpleQueue[tuple[str, str]] = SimpleQueue()
        mask = Mask((job.source_uri, job.target_uri))
        with ExitStack() as stack:
            source, source_file = stack.enter_context(nameless(_config(job.source_uri), job.workdir))
            target, target_file = stack.enter_context(nameless(_config(job.target_uri), job.workdir))
            dump = stack.enter_context(
                Child(
                    dump_argv(self.mongodump, source, database),
                    mask,
                    heard,
                    inherit=(source_file,),
                    stdout=subprocess.PIPE,
                )
            )
            archive = dump.stdout
            try:
                restore = stack.enter_context(
                    Child(
                        restore_argv(self.mongorestore, target, database, drop=again),
                        mask,
                        heard,
                        inherit=(target_file,),
                        stdin=archive,
                    )
                )
            finally:
                # mongodump must notice when mongorestore is gone: nobody else may hold the other end.
                if archive:
                    archive.close()
            return _follow(database, dump, restore, heard, tell)


def dump_argv(program: Path, config: str, database: str) -> list[str]:
    """mongodump's command line: `database` as an archive to stdout."""
    return [str(program), f"--config={config}", f"--db={database}", "--archive"]


def restore_argv(program: Path, config: str, database: str, *, drop: bool) -> list[str]:
    """mongorestore's command line. `drop`: collections that an earlier run has begun are dropped first."""
    argv = [str(program), f"--config={config}", "--archive", f"--nsInclude={database}.*"]
    # Without the first one a refused document would only be counted. The order is what capped collections are about.
    # What is in the source is moved, whether its validators would take it today or not.
    argv += ["--stopOnError", "--maintainInsertionOrder", "--bypassDocumentValidation"]
    return [*argv, "--drop"] if drop else argv


def _config(uri: str) -> str:
    return config_line("uri", without_database(uri))


def _follow(database: str, dump: Child, restore: Child, heard: SimpleQueue[tuple[str, str]], tell: Tell) -> Transfer:
    """Until both have ended. Raises EngineError when one fails, or documents are missing."""
    transfer, waited = Transfer(), 0.0
    while None in (codes := (dump.code(), restore.code())) and waited < PATIENCE:
        try:
            transfer = after(transfer, heard.get(timeout=LOOK)[1])
            tell.status(status(database, transfer))
        except Empty:
            waited += LOOK if any(codes) else 0.0
    ended = dump.code(), restore.code()
    dump.stop()
    restore.stop()
    while not heard.empty():
        transfer = after(transfer, heard.get()[1])
    if ended != (0, 0):
        raise _failed(database, dump, restore, ended)
    if missing := short(transfer):
        raise EngineError(
            f"Copying the database {database}: {missing:,} documents were read but not written. mongorestore said last:"
            f"{_quoted(restore)}\nRun it again: the database is copied anew."
        )
    return transfer


def _failed(database: str, dump: Child, restore: Child, codes: tuple[int | None, int | None]) -> EngineError:
    failed = dump if at_fault(*codes, dump.last()) == "mongodump" else restore
    code = failed.code()
    how = f"was ended by signal {-code}" if code is not None and code < 0 else f"ended with exit code {code}"
    side = "source" if failed is dump else "target"
    return EngineError(
        f"Copying the database {database}: {failed.name}, which works on the {side}, {how}. It said last:"
        f"{_quoted(failed)}\n{advice(failed.last())} When that is mended, run it again: this database is copied anew."
    )


def _quoted(child: Child) -> str:
    return "".join(f"\n  {line}" for line in child.last()) or " nothing"
