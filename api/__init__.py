"""Floor 2: the gateway that clients talk to."""
