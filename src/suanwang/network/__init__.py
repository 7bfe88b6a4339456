"""Floor 2: distance, latency, bandwidth and the cost of moving data."""
