{{ gdp_deflators('financial_year', 'financial_year', 'varchar', 'gdp_deflator_financial') }}
