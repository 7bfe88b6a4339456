"""Floor 4: the engine: what is decided over several rooms at once, and applied; no clock, no I/O."""
