"""Web servers: the page, the API, health and metrics."""
