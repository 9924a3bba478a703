"""Every reason for a 503: predicted waits, concurrent work, memory for bodies; and the time that a body may take."""
