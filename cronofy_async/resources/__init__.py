"""The methods of the API, one module per area. Each validates and encodes its parameters and returns a ``Call``."""
