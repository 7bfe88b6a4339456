"""Floor 1: the nouns, and the schema tables that describe the files they come from."""
