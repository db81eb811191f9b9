"""Pages and the plots that they show."""
