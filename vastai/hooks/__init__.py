"""Hooks: the small pure functions for what the grammar of commands.yaml cannot say."""
