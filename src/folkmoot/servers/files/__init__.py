"""Files: records of uploads, what an upload is by its content, and who decides about it."""
