"""Where earlier versions kept the queue's task.

Each queued task names its function by path in the database, and tasks that such a
version queued name it here: this path must lead to the task for as long as such
tasks may be queued.
"""

from noising.runs.worker import execute_run

__all__ = ["execute_run"]
