"""The pages for people: booking, authorization, and the dashboard."""
