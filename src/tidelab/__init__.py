"""tidelab: a laboratory for empathetic small language models."""

__version__ = "0.1.0"
