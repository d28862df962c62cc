"""What decides who may come in: tickets, session tokens, room records, names, origins."""
