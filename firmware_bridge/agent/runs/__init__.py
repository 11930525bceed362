"""One process for each run: `process` is the agent's end, `runner` the machine's."""
