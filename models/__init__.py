"""Floor 1: images in, faces out. Knows no Redis, no Celery, no Flask."""
