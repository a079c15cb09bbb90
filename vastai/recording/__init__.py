"""Recordings: what was sent and received, without keys and personal data, written, read and played back."""
