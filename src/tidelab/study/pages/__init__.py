"""One page, one file: each has a `router`."""
