"""The launcher: the small foreground process of `folkmoot up`. Standard library only."""
