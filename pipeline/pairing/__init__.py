"""The matching engine: transactions and pages as columns, paired one to one; for one day or for a million."""
