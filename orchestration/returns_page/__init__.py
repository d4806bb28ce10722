"""`wmip serve`: the page on which an officer drops a workbook, sees what is wrong with it and hands it in."""
