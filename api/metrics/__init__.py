"""The two pages for Prometheus: of this gateway, and of the whole system."""
