select period_key, starts_on, ends_on, financial_year, quarter, status, is_programme_period
from {{ ref('int_period__calendar') }}
order by period_key
