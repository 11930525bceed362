"""Marlin 2.1 and the firmwares that speak like it."""
