"""The archivist's mismatch report: one view of a reconciled day, told as page, workbook, table or JSON."""
