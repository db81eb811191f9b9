"""Use cases that write: the same for the API, the commands and admin.

Every function is named ``<entity>_<action>`` and takes keywords only.
"""

from noising.services.accounts import NewAccount, account_bootstrap
from noising.services.asked import (
    AskedSchedules,
    asked_config,
    check_builds,
    plain_types,
)
from noising.services.audit import Origin, audit_prune, audit_record
from noising.services.builtin import (
    BUILTIN_SCHEDULES,
    BUILTIN_TAG,
    BuiltinSchedule,
)
from noising.services.identifiers import uuid7
from noising.services.queue import (
    KeyReusedError,
    Once,
    QueueFullError,
    RunStateError,
    RunTooLargeError,
    run_cancel,
    run_create,
    run_made_with,
    run_rerun,
)
from noising.services.runs import (
    run_annotate,
    run_archive,
    run_fail,
    run_record,
    run_start,
    run_unarchive,
)
from noising.services.schedules import (
    LoadedSchedules,
    ScheduleChangedError,
    schedule_archive,
    schedule_certify,
    schedule_create,
    schedule_unarchive,
    schedule_update,
    schedules_load_builtin,
)
from noising.services.sign_in import login_attempt, login_fail, login_succeed
from noising.services.throttles import (
    LOGINS,
    WRITES,
    ThrottledError,
    network_of,
    throttle_hit,
    throttle_prune,
    throttle_release,
)
from noising.services.tokens import (
    DEFAULT_DAYS,
    MOST_DAYS,
    NewToken,
    token_create,
    token_revoke,
    token_use,
    tokens_prune,
)
from noising.services.upkeep import (
    Reaped,
    queue_prune,
    runs_reap,
    worker_gone,
    worker_seen,
)

__all__ = [
    "BUILTIN_SCHEDULES",
    "BUILTIN_TAG",
    "DEFAULT_DAYS",
    "LOGINS",
    "MOST_DAYS",
    "WRITES",
    "AskedSchedules",
    "BuiltinSchedule",
    "KeyReusedError",
    "LoadedSchedules",
    "NewAccount",
    "NewToken",
    "Once",
    "Origin",
    "QueueFullError",
    "Reaped",
    "RunStateError",
    "RunTooLargeError",
    "ScheduleChangedError",
    "ThrottledError",
    "account_bootstrap",
    "asked_config",
    "audit_prune",
    "audit_record",
    "check_builds",
    "login_attempt",
    "login_fail",
    "login_succeed",
    "network_of",
    "plain_types",
    "queue_prune",
    "run_annotate",
    "run_archive",
    "run_cancel",
    "run_create",
    "run_fail",
    "run_made_with",
    "run_record",
    "run_rerun",
    "run_start",
    "run_unarchive",
    "runs_reap",
    "schedule_archive",
    "schedule_certify",
    "schedule_create",
    "schedule_unarchive",
    "schedule_update",
    "schedules_load_builtin",
    "throttle_hit",
    "throttle_prune",
    "throttle_release",
    "token_create",
    "token_revoke",
    "token_use",
    "tokens_prune",
    "uuid7",
    "worker_gone",
    "worker_seen",
]
