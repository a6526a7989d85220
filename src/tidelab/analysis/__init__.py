"""Statistics over the run's tables: one file for each question."""
