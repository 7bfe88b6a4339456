"""Floor 7: the simulator: a virtual clock, modelled centres and their faults around the very same engine."""
