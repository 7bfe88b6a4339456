"""Floor 4: indicators, scarcity, chart specifications, pages: pure functions of a scenario and its outcome."""
