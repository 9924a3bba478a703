"""``mien``: what an operator does beside running the processes: look, repair, put away and bring back."""
