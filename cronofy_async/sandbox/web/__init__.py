"""What pages and the control API share: routes, checks of the host and origin, and responses. It knows no page."""
