"""`python -m syndicate` is the same as the command `syndicate`."""

from syndicate.cli import main

main()
