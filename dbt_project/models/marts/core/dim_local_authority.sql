select local_authority_code, name, itl3_code, is_in_area
from {{ ref('local_authority') }}
order by local_authority_code
