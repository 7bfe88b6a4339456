"""Floor 5: everything that enters from a file, checked at the door."""
