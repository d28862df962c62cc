"""What clients and servers say to each other: frames, positions, codes and limits.

Pure: no I/O, no clock, no randomness. The browser's types and tables are generated from here
(`make web-types`), so a change here changes every client.
"""
