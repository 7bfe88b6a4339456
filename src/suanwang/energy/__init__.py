"""Floor 2: what a device-slot costs in electricity and carbon."""
