"""Server processes: one room per role, thin shells around pure decisions."""
