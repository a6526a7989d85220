"""Whatever answers a prompt, behind one Protocol."""
