select max(edition) as edition
from {{ source('reference', 'postcode_wmca_2025') }}
