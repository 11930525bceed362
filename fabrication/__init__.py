"""Turns a recipe into a checked program. Knows neither the web nor the database."""
