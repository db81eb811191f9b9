"""Functions that write to the database, shared by API, pages, commands and admin.

Every function is named ``<entity>_<action>`` and takes keywords only.
"""

from noising.services.accounts import NewAccount, account_bootstrap
from noising.services.audit import Origin, audit_prune, audit_record
from noising.services.builtin import (
    BUILTIN_NAMES,
    BUILTIN_SCHEDULES,
    BUILTIN_TAG,
    BuiltinSchedule,
)
from noising.services.deletion import (
    InUseError,
    audit_delete,
    corpus_delete,
    job_delete,
    run_delete,
    schedule_delete,
)
from noising.services.identifiers import uuid7
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

__all__ = [
    "BUILTIN_NAMES",
    "BUILTIN_SCHEDULES",
    "BUILTIN_TAG",
    "DEFAULT_DAYS",
    "LOGINS",
    "MOST_DAYS",
    "WRITES",
    "BuiltinSchedule",
    "InUseError",
    "LoadedSchedules",
    "NewAccount",
    "NewToken",
    "Origin",
    "ScheduleChangedError",
    "ThrottledError",
    "account_bootstrap",
    "audit_delete",
    "audit_prune",
    "audit_record",
    "corpus_delete",
    "job_delete",
    "login_attempt",
    "login_fail",
    "login_succeed",
    "network_of",
    "run_delete",
    "schedule_archive",
    "schedule_certify",
    "schedule_create",
    "schedule_delete",
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
]
