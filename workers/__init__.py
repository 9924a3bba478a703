"""Layer 2: the Celery processes that hold the models."""
