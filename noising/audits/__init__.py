"""Audits that the service stores: their judgement, their storage, their comparison.

`noising.audit` is the library that judges. Every function here that writes is named
``<entity>_<action>`` and takes keywords only.
"""

from noising.audits.comparison import MOST_COMPARED, compare_audits
from noising.audits.judgement import (
    SUFFIXES,
    Claims,
    PairsError,
    PairsTooLargeError,
    judge_arrays,
    judge_file,
)
from noising.audits.storage import (
    PairsLimitError,
    Upload,
    audit_annotate,
    audit_archive,
    audit_create,
    audit_discard_pairs,
    audit_unarchive,
)
from noising.audits.tables import tabulate_report
from noising.audits.template import make_template

__all__ = [
    "MOST_COMPARED",
    "SUFFIXES",
    "Claims",
    "PairsError",
    "PairsLimitError",
    "PairsTooLargeError",
    "Upload",
    "audit_annotate",
    "audit_archive",
    "audit_create",
    "audit_discard_pairs",
    "audit_unarchive",
    "compare_audits",
    "judge_arrays",
    "judge_file",
    "make_template",
    "tabulate_report",
]
