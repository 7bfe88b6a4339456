"""Floor 2: a Merkle log over stored events, signed checkpoints, witnesses, proofs and their verification."""
