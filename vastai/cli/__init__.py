"""The command line: the words of the terminal become one call of a command, and its result becomes text."""
