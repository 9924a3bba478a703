"""Who may do what, and how often: API keys, rate limits, other origins, security headers."""
