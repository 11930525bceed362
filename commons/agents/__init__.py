"""The commons’ end of the wire: pairing and sync."""
