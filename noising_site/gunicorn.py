"""The configuration of gunicorn; `manage.py serve` adds what depends on the machine."""

import ctypes
import gc
import os
import signal
import sys
from pathlib import Path
from typing import Any

worker_class = "noising_site.web_worker.WebWorker"
wsgi_app = "noising_site.asgi:application"
asgi_lifespan = "off"
proc_name = "noising"  # in process lists
# The application is loaded once and the workers are forked from it: they share memory,
# and a worker that dies is replaced quickly. Each call gets its random seed from the
# operating system, so forked workers do not share random numbers.
preload_app = True

# Longer than a proxy in front keeps an idle connection (nginx: 60 s). The proxy must be
# the side that closes it; otherwise it may send a request on a closed connection.
keepalive = 65
# Seconds without a heartbeat after which gunicorn kills a worker. A request may take
# longer: the event loop sends the heartbeats.
timeout = 30
# The heartbeat is a file's modification time; on a slow disk, workers would look stuck.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108

# Long enough for a specification in a query; no normal client sends more header fields.
limit_request_line = 8190
limit_request_fields = 64
limit_request_field_size = 8190
# The middleware evaluates forwarded headers, according to TRUSTED_PROXIES.
forwarded_allow_ips = ""

control_socket_disable = True
accesslog = None
errorlog = "-"
# Its loggers are configured with Django's (noising_site/logs.py) when the application
# is loaded: `logconfig_dict` would turn on its access log.
loglevel = "info"


# How long a busy thread may keep the interpreter from the event loop; Python's default
# is 0.005.
SWITCH_SECONDS = 0.001

# The signals with which gunicorn stops a worker. A forked worker has its parent's
# handlers until it installs its own, and would lose a signal in between. So the signals
# are blocked during the fork and until then.
STOPPING = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGQUIT})


def hold_signals() -> None:
    """Block the signals that stop a worker."""
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)


def release_signals() -> None:
    """Unblock them; those that came meanwhile are delivered now."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)


def on_starting(server: Any) -> None:
    """Prepare gunicorn's main process, from which the workers are forked."""
    os.register_at_fork(before=hold_signals, after_in_parent=release_signals)
    # Django is set up only now, so these imports are here. They and the calls below do
    # what the first request of each worker would otherwise do.
    from django.urls import resolve

    from noising.configured import default_hyperschedule_process
    from noising.engine import chosen_kernel, use_kernel
    from noising.metrics import TALLY

    resolve("/info")
    default_hyperschedule_process()
    use_kernel(chosen_kernel())  # compiles it now, so that no request waits for it
    TALLY.clear()  # the samples of the fast path were no requests
    # These objects live as long as the process. If the garbage collector visited them,
    # the memory pages that the workers share would be copied.
    gc.freeze()
    if sys.platform == "linux":
        # Otherwise nothing would stop the workers if `manage.py serve` were killed.
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)


def post_worker_init(worker: Any) -> None:
    """Unblock signals once the event loop runs; uvloop's handlers lose earlier ones."""
    sys.setswitchinterval(SWITCH_SECONDS)
    worker.loop.call_soon(release_signals)
    flush_metrics(worker.loop)


def flush_metrics(loop: Any) -> None:
    """Let the metrics of this worker be seen by all, now and once a second."""
    from noising.metrics import FLUSH_SECONDS, TALLY

    TALLY.flush()
    loop.call_later(FLUSH_SECONDS, flush_metrics, loop)


def worker_exit(server: Any, worker: Any) -> None:
    """Keep what a worker has counted since it flushed its metrics."""
    from noising.metrics import TALLY

    TALLY.flush()
