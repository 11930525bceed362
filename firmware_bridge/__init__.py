"""The workshop's own agent: stores a program, checks it, and sends it to a machine line by line."""
