"""The sandbox's kernel: finds the operation of a request, checks it, runs the area's function and records the exchange.

It knows no area. An area's module imports what it needs from ``area``; ``kernel`` puts the pieces together.
"""
