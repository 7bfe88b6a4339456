"""Floor 5: the log port and its file implementation, checkpoints, and the published tree."""
