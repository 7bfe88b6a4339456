"""Floor 0: money, quantities, exact rounding, slots, texts in two languages, and the errors' root."""
