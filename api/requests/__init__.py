"""Bytes in, a typed request out: images in every form that clients send them, archives, jobs, query parameters."""
