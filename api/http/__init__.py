"""What Flask leaves to an application: problem documents, the state of a connection, counts of requests."""
