"""Floor 2: the double-entry book of vouchers, wallets, reserves and settlements. Pure: decide, then apply."""
