"""``python -m cronofy_async`` is the same as ``cronofy-async``."""

from .cli import main

main()
