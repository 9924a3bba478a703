"""One module a command of ``python -m training detection``: its arguments, and what it does with them."""
