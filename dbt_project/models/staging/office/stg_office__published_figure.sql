select
    view_name,
    indicator_key,
    period_key,
    scope,
    scope_key,
    basis,
    exact_value,
    known_from,
    release_id
from {{ source('office', 'published_figure') }}
where known_from < {{ as_of() }}
