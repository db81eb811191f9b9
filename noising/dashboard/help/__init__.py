"""The documents of docs/ within the site."""
