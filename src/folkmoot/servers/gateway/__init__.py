"""Gateway: editors that are not ours, over the protocols of y-websocket and Hocuspocus."""
