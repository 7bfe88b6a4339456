"""Floor 3: compile, prices, plan, bound, explanation."""
