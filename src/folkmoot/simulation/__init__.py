"""Simulation: clients, servers and a log in one seeded world with a clock of its own.

The decisions under test are the real ones (`ConferenceHost`, `Ingress`, `Duties`, `Replica`,
`ClientSession`); network, engine and the shells around them are played. A seed determines
everything that happens, so each failure is repeated by `python -m folkmoot.simulation --seed N`.

    world      clock, randomness, trace, marks
    network    connections between clients and servers
    engine     the log, its republished copies, snapshots, and the zone's messages
    room       one conference on one simulated server: loading, and the host's effects
    server     one simulated collaboration server, which crashes, freezes, wakes
    client     one simulated participant
    faults     what goes wrong, when
    checkers   an outside judge that shares no code with the servers
    schedule   one run: builds a world, lets it go wrong, heals it, judges it

Nothing else imports this package.
"""
