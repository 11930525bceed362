"""Workshops: places with an owner, their bridges and machines."""
