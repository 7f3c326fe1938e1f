"""The command line's commands, by the people who use them."""
