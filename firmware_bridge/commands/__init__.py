"""One module per command of `firmware-bridge`, each with a click command named `command`."""
