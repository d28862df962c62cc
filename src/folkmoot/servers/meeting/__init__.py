"""The meeting manager: supervises the zone's process managers."""
