"""Carries what a room and its breakouts have to tell each other."""
