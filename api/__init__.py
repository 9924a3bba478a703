"""Layer 2: the gateway. Takes requests, stores jobs, waits for results, streams video; analyses nothing itself."""
