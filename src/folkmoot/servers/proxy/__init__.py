"""The proxy of `--domain`: Caddy, with automatic HTTPS, in front of the node's one port."""
