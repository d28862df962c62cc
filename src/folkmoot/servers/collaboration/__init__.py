"""The collaboration server: holds client connections and replicas of their conferences."""
