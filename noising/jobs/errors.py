"""The error of a job as a whole."""


class JobError(Exception):
    """A job cannot start or go on; the message is one line."""
