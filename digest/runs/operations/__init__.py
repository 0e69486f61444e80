"""Operations: checks, reports, alerts and housekeeping for whoever runs the program."""
