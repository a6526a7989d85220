"""Mixed models of ratings, for the analysis and for whoever plans a study under it."""
