-- Every version: a file that was read stays known when its dataset has another file now.
select
    file_sha256,
    max(publisher_name) as publisher_name,
    max(coalesce(licence_name, licence)) as licence,
    max(url) as url
from {{ source('threesixtygiving_registry', 'files') }}
where file_sha256 is not null
group by file_sha256
