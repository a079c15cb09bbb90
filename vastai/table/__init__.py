"""The table of commands: found, read strictly, checked, compiled, and handed out as a model."""
