"""Safety: ways in which a reply can fail a person, signs of crisis in a person's words, crisis cards, and the labelled sets."""
