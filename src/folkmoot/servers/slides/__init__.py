"""Slides: files become pages, in children that are allowed nothing else."""
