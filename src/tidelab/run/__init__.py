"""The run directory: cells, fingerprints, resume, executors. A room's `stage.py` needs only `Cell` and `Work`."""

from tidelab.run.cells import Cell, Work
from tidelab.run.directory import RunDirectory

__all__ = ["Cell", "RunDirectory", "Work"]
