"""Figures, tables and one self-contained HTML page out of a run's tables."""
