"""Long work in the background: plans and, later, pictures and imports."""
