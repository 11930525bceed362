"""The processes of a commons on one machine: forge, web, and a demo workshop with its own bridge."""
