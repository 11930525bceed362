"""Idle time put to use: where in its parameters' space each design builds, tried out and remembered."""
