"""The HTTP interface described: OpenAPI 3.1, made from what the views declare."""
