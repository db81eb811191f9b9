"""Text: to tokens and back, and through the services before and after this one."""
