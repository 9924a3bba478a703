"""One module a command of ``python -m training``: its arguments, and what it does with them."""
