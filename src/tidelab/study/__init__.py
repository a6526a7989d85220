"""A human study: its design, the pages that people rate on, its store, simulation, power, import and export."""
