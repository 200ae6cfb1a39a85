"""The report of a batch or of a closed month: figures, pictures and lists on one page, all from the record."""
