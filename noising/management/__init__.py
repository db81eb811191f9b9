"""The commands of manage.py, and the modules that they share."""
