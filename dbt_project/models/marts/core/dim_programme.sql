select programme_key, name, first_period_key, last_period_key
from {{ ref('programme') }}
order by programme_key
