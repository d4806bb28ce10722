select
    postcode,
    local_authority_code,
    edition
from {{ source('reference', 'postcode_wmca_2025') }}
