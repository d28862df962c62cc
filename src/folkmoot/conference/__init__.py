"""The conference as a deterministic state machine over its log.

Pure: no I/O, no clock, no randomness, no iteration over sets. Two processes that apply the same
log hold the same state and the same digest, whatever else happened to them.
"""
