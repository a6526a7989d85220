"""Crisis cards as sourced data, and a first look for signs of crisis in what people write."""
