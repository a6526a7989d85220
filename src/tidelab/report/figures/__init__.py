"""Figures, one file each: functions from the study's tables to SVG that is the same byte for byte every time."""
