"""Folkmoot: live conferences that go on when any process or machine fails."""

__version__ = "0.1.0"
