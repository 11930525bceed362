"""What is kept of each run, for whoever has to know after a kill or a power cut how far it got."""

from firmware_bridge.journal.journal import Journal
from firmware_bridge.journal.records import Run, read_run

__all__ = ["Journal", "Run", "read_run"]
