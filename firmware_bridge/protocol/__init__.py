"""Firmware protocols as pure state machines: bytes and time in, bytes out; no I/O, no clock, no threads."""
