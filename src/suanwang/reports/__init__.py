"""Floor 4: indicators and chart specifications, pure functions of a result."""
