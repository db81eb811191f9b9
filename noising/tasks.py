"""The queue's task under its former path.

In the database, each queued task names its function by its path. Tasks that an earlier
version queued name this module, so the function must be found here as long as there may
be such tasks.
"""

from noising.runs.worker import execute_run

__all__ = ["execute_run"]
