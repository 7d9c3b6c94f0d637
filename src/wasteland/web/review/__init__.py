"""The review inbox: cards of what waits, a desk on which one is looked at and decided."""
