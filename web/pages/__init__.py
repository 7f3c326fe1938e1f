"""The pages, one module for each person's part of the work; handlers are thin, steps are in ``flows``."""
