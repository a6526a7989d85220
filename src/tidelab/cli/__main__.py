"""`python -m tidelab.cli`, where the console script is not on the path."""

from tidelab.cli import main

main()
