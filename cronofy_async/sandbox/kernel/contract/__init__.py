"""The contract: the OpenAPI document that finds the operation of a request, and validates requests and responses."""
