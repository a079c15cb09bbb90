"""Proving the table against the live service: what to ask, what the answers mean, and what may be spent on it."""
