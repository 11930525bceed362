"""`python -m commons` is `commons`."""

from commons.cli import main

main(prog_name="commons")
