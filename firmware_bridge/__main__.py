"""`python -m firmware_bridge` is `firmware-bridge`."""

from firmware_bridge.cli import main

main(prog_name="firmware-bridge")
