"""Orders, jobs and attempts: the board, and who may do what when."""
