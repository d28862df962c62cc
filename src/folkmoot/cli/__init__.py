"""The command line: `folkmoot` and what it prints. The only room that knows all the others."""
