# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Run modules in a fork of the Ansible worker instead of in a new interpreter."""

from __future__ import annotations

DOCUMENTATION = r"""
name: warm
short_description: Run modules on the controller without starting an interpreter for each
version_added: 0.1.0
author: CalStack Deploy founders
description:
  - Does what P(ansible.builtin.local#connection) does, but a Python module runs in a fork of the Ansible worker, which
    has the interpreter started and, with the callback P(calstack.aws.preload#callback), boto3 loaded.
  - Only the plain case is taken. Another interpreter, C(become), a module that is not Python, C(async) or C(raw) go
    the way of P(ansible.builtin.local#connection).
notes:
  - A module sees the environment variables of the controller and of the task's C(environment), as with
    P(ansible.builtin.local#connection).
options:
  pipelining:
    description: Modules are handed over through a pipe, never through a file. Needed for the plain case.
    type: bool
    default: true
    vars:
      - name: ansible_pipelining
  become_success_timeout:
    description: Number of seconds to wait for C(become) to succeed.
    type: int
    default: 10
    vars:
      - name: ansible_local_become_success_timeout
  become_strip_preamble:
    description: Strip what C(become) prints before the command.
    type: bool
    default: true
    vars:
      - name: ansible_local_become_strip_preamble
"""

import os
import selectors
import shlex
import signal
import sys
import traceback
import types
from collections.abc import Mapping

from ansible.plugins.connection.local import Connection as LocalConnection

ANSIBALLZ = b"_ANSIBALLZ_WRAPPER = True"
CHUNK = 65536


def environment_of(command: str, interpreter: str) -> dict[str, str] | None:
    """The variables that `command` sets before it starts `interpreter` with nothing but its standard input.

    None for any other command: it is not the plain case.
    """
    try:
        shell, option, script = shlex.split(command)
        *assignments, python = shlex.split(script)
    except ValueError:
        return None
    if not shell.endswith("sh") or option != "-c" or os.path.realpath(python) != os.path.realpath(interpreter):
        return None
    if not all(name.isidentifier() and equals for name, equals, _value in map(_split, assignments)):
        return None
    return {name: value for name, _equals, value in map(_split, assignments)}


def _split(assignment: str) -> tuple[str, str, str]:
    return assignment.partition("=")


class Connection(LocalConnection):
    """Forks where it can, is the local connection where it cannot."""

    transport = "calstack.aws.warm"
    has_pipelining = True

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        """Run `cmd`; returns exit code, standard output and standard error."""
        environment = environment_of(cmd, sys.executable) if in_data and ANSIBALLZ in in_data else None
        if environment is None or in_data is None or self.become:
            done: tuple[int, bytes, bytes] = super().exec_command(cmd, in_data, sudoable)
            return done
        return run_forked(in_data, environment)


def run_forked(source: bytes, environment: Mapping[str, str]) -> tuple[int, bytes, bytes]:
    """Execute Python `source` in a child process; returns exit code, standard output and standard error."""
    out_read, out_write = os.pipe()
    err_read, err_write = os.pipe()
    child = os.fork()
    if child == 0:
        _be_interpreter(source, environment, out_write, err_write)
    os.close(out_write)
    os.close(err_write)
    try:
        out, err = _drain(out_read, err_read)
    except BaseException:
        # A task's time-out raises here: its module must not go on without anybody waiting for it.
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), out, err


def _be_interpreter(source: bytes, environment: Mapping[str, str], out: int, err: int) -> None:
    """What `python < source` would do. Never returns."""
    code = 1
    try:
        _take_streams(out, err)
        for number in (signal.SIGALRM, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        os.environ.update(environment)
        sys.argv = ["<stdin>"]
        sys.modules["__main__"] = main = types.ModuleType("__main__")
        exec(compile(source, "<stdin>", "exec"), main.__dict__)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _take_streams(out: int, err: int) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, stream in enumerate((nothing, out, err)):
        os.dup2(stream, number)
    sys.stdin = os.fdopen(0, closefd=False)
    sys.stdout, sys.stderr = (os.fdopen(number, "w", closefd=False) for number in (1, 2))


def _drain(*streams: int) -> tuple[bytes, ...]:
    """Everything from all streams, until all are closed."""
    read = {stream: bytearray() for stream in streams}
    with selectors.DefaultSelector() as selector:
        for stream in streams:
            selector.register(stream, selectors.EVENT_READ)
        while selector.get_map():
            for key, _ in selector.select():
                data = os.read(key.fd, CHUNK)
                if data:
                    read[key.fd] += data
                else:
                    selector.unregister(key.fd)
                    os.close(key.fd)
    return tuple(bytes(read[stream]) for stream in streams)
