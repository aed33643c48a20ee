"""Measurements. Every figure in the docs is printed by ``python -m benchmarks``."""
