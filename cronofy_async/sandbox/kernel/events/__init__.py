"""Events: their details, their occurrences, reads of a range of time, and invitations as iCalendar."""
