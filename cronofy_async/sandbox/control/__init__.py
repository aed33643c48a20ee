"""The control API: what a sandbox can do in process, over HTTP."""
