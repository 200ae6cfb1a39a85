"""Review of exceptions: what waits for a person as a workbook, the filled workbook taken back, and the letters that ask for a supplement."""
