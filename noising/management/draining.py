"""How the service stops without losing a request that a client has sent.

1. SIGTERM: `/readyz` has the status 503, and each response says `Connection: close`, so
   load balancers and clients leave. New connections are still accepted.
2. After NOTICE_SECONDS: the system ignores requests for connections. Those that it has
   already made, and that no worker has accepted yet, remain.
3. After ACCEPT_SECONDS more: the workers have accepted them, stop listening, and end
   once they have sent their responses.
"""

import ctypes
import socket
import struct
import sys
import threading
from typing import Final

NOTICE_SECONDS: Final = 1.0
ACCEPT_SECONDS: Final = 0.5

DRAINING: Final = threading.Event()
"""Set in a web worker from SIGTERM on."""

_SO_ATTACH_FILTER: Final = 26
_DROP_SYN: Final = (
    (0x30, 0, 0, 13),  # load the byte with the flags of TCP
    (0x45, 0, 1, 0x02),  # unless SYN is among them, skip one instruction
    (0x06, 0, 0, 0),  # drop the packet
    (0x06, 0, 0, 0xFFFFFFFF),  # accept it
)
"""A packet filter: the operation, two offsets of jumps and an operand of each step."""


def refuse_connections(listener: socket.socket) -> None:
    """Let the system ignore new connections, for all processes with this socket.

    Closing the socket would also break those that wait to be accepted, whose clients
    may have sent their requests. Other systems than Linux have no such filter.
    """
    if sys.platform != "linux":
        return
    program = b"".join(struct.pack("HBBI", *step) for step in _DROP_SYN)
    steps = ctypes.create_string_buffer(program)
    described = struct.pack("HL", len(_DROP_SYN), ctypes.addressof(steps))
    listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, described)
