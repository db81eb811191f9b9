"""Is a corruption function right? Audits of noised tokens against a specification.

``audit(x0, xt, spec, t=t)`` judges pairs, ``audit_function(fn, spec)`` a function.
"""

from noising.audit.audit import Audit, audit
from noising.audit.codes import CODES
from noising.audit.function import audit_function
from noising.audit.report import AUDIT_VERSION, FALSE_ALARM_RATE, Finding, Report

__all__ = [
    "AUDIT_VERSION",
    "CODES",
    "FALSE_ALARM_RATE",
    "Audit",
    "Finding",
    "Report",
    "audit",
    "audit_function",
]
