"""Backup of a running zone into one file, and restoring it into an empty data folder."""
