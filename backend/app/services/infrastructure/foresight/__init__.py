"""What fills up, wears out or drifts away on the machines that are watched."""
