"""The HTTP interface described: OpenAPI 3.1, made from the schemas that the views answer with."""
