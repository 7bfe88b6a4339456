"""Floor 7: the server: one asyncio process that leads the log, runs the writer and answers over HTTP."""
