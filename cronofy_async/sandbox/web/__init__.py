"""Shared by pages and the control API: routes, checks of the host and origin, and responses. It imports no page."""
