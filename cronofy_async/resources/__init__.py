"""The calls, one module an API area. A method checks, encodes and returns a :class:`~cronofy_async.call.Call`."""
