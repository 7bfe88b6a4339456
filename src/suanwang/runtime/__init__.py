"""Floor 5: the runtime: one writer around the engine, which carries out its effects through ports."""
