"""Virtual machines: they execute what they receive, and misbehave on demand."""
