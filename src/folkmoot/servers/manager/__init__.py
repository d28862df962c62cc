"""The process manager: starts, watches, restarts and adopts a node's processes.

What it decides is in `folkmoot.zone.supervisor`; here is what performs it. This package imports
nothing by itself, for the launcher uses its `procfs` and must stay small.
"""
