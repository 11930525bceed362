"""One file to one port, as a person types it: which gate takes it, what is left half made, what is there."""
