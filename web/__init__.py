"""What people see and work with in the browser: station, desk, archivist, headquarters, administration."""
