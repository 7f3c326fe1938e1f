"""From the scanner and the business system to the admitted page and the imported transaction."""
