"""The reference network: the figures it is built from and the network and demand drawn from them."""
