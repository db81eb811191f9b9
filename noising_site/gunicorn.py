"""How gunicorn serves; `manage.py serve` passes what depends on the machine."""

import ctypes
import gc
import os
import signal
import sys
from pathlib import Path
from typing import Any

worker_class = "asgi"
wsgi_app = "noising_site.asgi:application"
asgi_lifespan = "off"
proc_name = "noising"  # in process lists
# Loaded once, then forked: a worker that dies is replaced at once, and memory is
# shared. Seeds come from the operating system with every call, so forks share none.
preload_app = True

# Longer than a proxy in front keeps an idle connection (nginx: 60 s): the side that
# sends on it must be the one that gives it up.
keepalive = 65
# Seconds without a heartbeat until a worker counts as stuck; a request may take longer.
timeout = 30
# The heartbeat is a file's time; on a disk that stalls, workers would look stuck.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108

# Long enough for a specification in a query; no client of ours sends more fields.
limit_request_line = 8190
limit_request_fields = 64
limit_request_field_size = 8190
# Which forwarded headers count is for the settings to say (TRUSTED_PROXIES).
forwarded_allow_ips = ""

control_socket_disable = True
accesslog = None
errorlog = "-"
loglevel = "info"


# How long a busy thread may keep the interpreter from the event loop; Python: 0.005.
SWITCH_SECONDS = 0.001

# What gunicorn tells a worker to stop by. One that is still booting would lose it: it
# runs its parent's handlers until it has its own. So they wait over the fork.
STOPPING = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGQUIT})


def hold_signals() -> None:
    """Let the signals to stop wait."""
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)


def release_signals() -> None:
    """Take the signals to stop, those that have waited too."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)


def on_starting(server: Any) -> None:
    """Prepare gunicorn's first process, which the workers are forked from."""
    os.register_at_fork(before=hold_signals, after_in_parent=release_signals)
    # Django is set up only now. What the first request would import and compute, the
    # workers inherit.
    from django.urls import resolve

    from noising.configured import default_hyperscheduled
    from noising.engine import chosen_kernel, use_kernel

    resolve("/info")
    default_hyperscheduled()
    use_kernel(chosen_kernel())  # compiles it, unless it has been: no request may wait
    # What is here by now stays: the collector need not look at it, which would copy
    # the pages that the workers share.
    gc.freeze()
    if sys.platform == "linux":
        # Were `manage.py serve` killed, nothing else would stop the workers.
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)


def post_worker_init(worker: Any) -> None:
    """Take signals once the event loop runs: before, uvloop's handlers lose them."""
    sys.setswitchinterval(SWITCH_SECONDS)
    worker.loop.call_soon(release_signals)
