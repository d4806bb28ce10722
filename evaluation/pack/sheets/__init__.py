"""The funder's workbook, a sheet a module. Totals are formulas over the cells shown, with their values written too."""
