"""A name server over UDP for what stands in Route 53, in a thread of its own that sleeps until it is asked."""

import contextlib
import errno
import logging
import socket
import threading

from lab.edge.dns_wire import NOTIMP, TYPES, MalformedError, answer, question, refusal
from lab.edge.zones import Zones
from lab.part import LabError

log = logging.getLogger(__name__)

LONGEST_QUERY = 4096
END = b""


class NameServer:
    """`zones` may be replaced at any time."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self.zones = Zones()
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._stopping = False

    def start(self) -> None:
        """Raises LabError when another has the address."""
        listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            listener.bind(self._address)
        except OSError as error:
            listener.close()
            host, port = self._address
            taken = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be had: {error.strerror}"
            raise LabError(f"{host}:{port} {taken}; give the lab addresses of its own with LAB_NETWORK") from None
        self._socket = listener
        self._thread = threading.Thread(target=self._serve, args=(listener,), name="names", daemon=True)
        self._thread.start()

    def _serve(self, listener: socket.socket) -> None:
        while not self._stopping:
            try:
                message, sender = listener.recvfrom(LONGEST_QUERY)
            except OSError:
                return
            if message == END:
                continue
            try:
                reply = respond(self.zones, message)
            except Exception:
                log.exception("a DNS query")  # one odd query must not end the others
                continue
            with contextlib.suppress(OSError):
                listener.sendto(reply, sender)

    def stop(self) -> None:
        self._stopping = True
        if self._socket is None or self._thread is None:
            return
        with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(END, self._address)
        self._thread.join(1)
        self._socket.close()


def respond(zones: Zones, message: bytes) -> bytes:
    """The answer to a query, whatever it is."""
    try:
        asked = question(message)
    except MalformedError:
        return refusal(message, 1)
    if asked.kind not in TYPES:
        return refusal(message, NOTIMP)
    return answer(asked, zones.ask(asked.name, asked.kind))
