"""What others would write: services to measure this one against."""
