"""Safety: the ways in which a reply can fail a person, the signs of crisis in a person's words, and the labelled sets for both."""
