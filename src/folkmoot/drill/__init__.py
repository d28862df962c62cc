"""Drill: people who talk while faults are injected, and the judge of what became of it.

The history (`history.py`) is what people sent, were told and saw; the checker (`checker.py`) reads
nothing else and shares no code with servers and clients. Used by `folkmoot drill`, by the tests on
machines and by the measurements.
"""
