"""What manage.py runs: the commands, and what they share."""
