"""Callbacks: they are signed, sent to this machine only, and recorded as deliveries."""
