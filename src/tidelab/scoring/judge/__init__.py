"""The judge: a model that rates replies by a rubric, and what is known of how well it does."""
