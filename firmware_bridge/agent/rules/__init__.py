"""What the agent decides, as pure functions: no clock, no disk, no network."""
