"""The socket of an endpoint of the lab."""

import errno
import socket

from lab.part import LabError


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises LabError, which names LAB_NETWORK, when another has the address."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise LabError(
                f"{host}:{port} is in use, by another lab perhaps: end that one, or give this one addresses of its "
                "own, for example LAB_NETWORK=127.81"
            ) from None
        raise LabError(f"cannot listen on {host}:{port}: {error.strerror}; LAB_NETWORK names other addresses") from None
    listener.listen(128)
    return listener
