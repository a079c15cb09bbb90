"""The engine: one call of a command, from its arguments to its result."""
