"""The kernel of the sandbox: it routes and validates a request, runs the area's function and records the request.

It does not depend on any area. The modules of areas import what they need from ``area``; ``kernel`` connects the parts.
"""
