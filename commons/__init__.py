"""The web catalogue, the board of jobs and the database: the only Flask and the only SQL here."""
