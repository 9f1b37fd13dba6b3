"""What contract types share: day counts, calendars and schedules, discounting. On NumPy arrays."""
