"""Availability: when members can be booked, and the search for times at which enough of them are free."""
