"""The compose file on a real engine: ``make docker-check``. Not a part of `make test`, which does without Docker."""
