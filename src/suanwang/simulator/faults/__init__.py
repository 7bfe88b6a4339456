"""Faults in virtual time: platform, agents and wire, of which anything may die between two steps."""
