"""Helpers for tests, ours and those of programs that use Folkmoot (docs/testing.md).

Fakes of the engine and the log, a fault proxy, people who talk, and zones of real processes.
"""
