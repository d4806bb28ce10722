-- What became of keys by the night, and where each old key leads tonight.
select
    events.event_key,
    events.happened_at,
    events.change,
    events.old_organisation_key,
    events.new_organisation_key,
    coalesce(redirects.current_organisation_key, events.old_organisation_key) as current_organisation_key,
    events.record_count,
    events.reason,
    events.match_method,
    events.match_probability,
    events.decision_number
from {{ source('identity', 'organisation_key_event') }} as events
left join {{ ref('int_organisation__key_redirect') }} as redirects
    on events.old_organisation_key = redirects.old_organisation_key
