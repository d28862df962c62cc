"""Front doors: accept on the node's one port and hand each connection to its process."""
