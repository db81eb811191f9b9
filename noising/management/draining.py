"""How the service stops without losing a request that a client has sent.

1. SIGTERM: `/readyz` has the status 503, and each response says `Connection: close`, so
   load balancers and clients leave. New connections are still accepted.
2. After NOTICE_SECONDS: `serve` closes its listening socket; only the workers still
   have it.
3. After ACCEPT_SECONDS more: the workers accept the connections that wait, close the
   socket, and end once they have sent their responses.
"""

import threading
from typing import Final

NOTICE_SECONDS: Final = 1.0
ACCEPT_SECONDS: Final = 0.5

DRAINING: Final = threading.Event()
"""Set in a web worker from SIGTERM on."""
