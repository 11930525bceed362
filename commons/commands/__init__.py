"""One module per command of `commons`, each with a click command named `command`."""
