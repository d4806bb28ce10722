{{ gdp_deflators('calendar_year', 'calendar_year', 'integer', 'gdp_deflator') }}
