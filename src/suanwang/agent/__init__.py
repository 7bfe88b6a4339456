"""Floor 7: a centre's side: pull work, drive it, meter it, tell the platform."""
