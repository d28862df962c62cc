"""Measurements against real processes: `python -m bench NAME`, or `make bench`, `make trace`.

Each prints a table and writes `bench/results/NAME.json` with the machine, the date and the command.
No figure is ever typed in by hand.
"""
