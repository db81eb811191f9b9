"""The socket that the web server listens on."""

import socket
import struct

BACKLOG = 2048
"""Connections that may wait to be accepted."""

SILENCE_SECONDS = 30
"""How long a client may keep the server waiting for its next bytes."""


def listening_socket(host: str, port: int) -> socket.socket:
    """Bind and listen, so that whoever starts next finds the port taken.

    Accepted connections inherit the time limits: a client that goes away in the
    middle of a request does not hold a thread for ever.

    Args:
        host: a name or an address; an IPv6 address may stand in brackets.
        port: 0 lets the system choose.

    Raises:
        OSError: the name is unknown, or the address or the port cannot be had.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(
        host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    try:
        _set_options(listener)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _set_options(listener: socket.socket) -> None:
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    timeval = struct.pack("@ll", SILENCE_SECONDS, 0)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, timeval)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, timeval)
    if hasattr(socket, "TCP_DEFER_ACCEPT"):
        # Linux: a client that connects and says nothing does not reach a thread.
        listener.setsockopt(
            socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, SILENCE_SECONDS
        )
