"""The control API: the actions of a sandbox, over HTTP."""
