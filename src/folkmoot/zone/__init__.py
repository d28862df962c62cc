"""The zone: what is decided about processes and nodes, purely, and the manager that performs it.

Restarts, placement, quality of service and the table of who lives take values and return values;
`manager` alone speaks, over the ports.
"""
