"""Grbl 1.1 and grblHAL."""
