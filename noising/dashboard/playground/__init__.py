"""The playground, which shows a text under noise."""
