"""Workers on GPUs: a process each, and what each says of its own."""
