"""The rules of dispatch: pure, without clock, database or network."""
