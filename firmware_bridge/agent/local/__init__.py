"""The person at the machine: the control socket, and what can be asked over it."""
