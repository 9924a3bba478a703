"""Every reason for a 503, and each client's share: connections, transfers, memory, work at once, predicted waits."""
