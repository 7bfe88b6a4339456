"""`suanwang demo`: a whole platform on this machine, from its database to the paid bill, with its proofs."""
