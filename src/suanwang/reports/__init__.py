"""Floor 4: indicators, what prices say, charts and pages: pure functions of an outcome."""
