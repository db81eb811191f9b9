"""The site: settings, routes and what holds for every request."""
