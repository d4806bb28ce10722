-- A reference is a body's own note: used again, it names the same thing only when what the rows say of it agrees.
{%- set reference = ['stream', 'partner_code', 'reference_key'] %}

with signatures as (
    select
        {{ reference | join(', ') }},
        coalesce(identifier, '') as identifier,
        name,
        day,
        words,
        words_needed,
        min(postcode) as postcode,
        row_number() over (
            partition by {{ reference | join(', ') }}
            order by min(period_key), name, coalesce(identifier, ''), day
        ) as number,
        count(*) over (partition by {{ reference | join(', ') }}) as signature_count
    from {{ ref('stg_returns__reference') }}
    group by {{ reference | join(', ') }}, coalesce(identifier, ''), name, day, words, words_needed
),

-- Only a reference that names its thing in more than one way leaves anything to decide.
several as (
    select * from signatures
    where signature_count > 1
),

all_words as (
    select
        {{ reference | join(', ') }},
        number,
        {{ split_to_rows("replace(words, ' ', ';')") }} as word
    from several
),

words as (
    select distinct
        {{ reference | join(', ') }},
        number,
        word
    from all_words
    where length(word) >= 3 and word not in ('and', 'for', 'the')
),

word_counts as (
    select
        {{ reference | join(', ') }},
        number,
        count(*) as word_count
    from words
    group by {{ reference | join(', ') }}, number
),

common_words as (
    select
        one.stream,
        one.partner_code,
        one.reference_key,
        one.number,
        other.number as other_number,
        count(*) as common_count
    from words as one
    inner join words as other
        on
            {{ same_reference('one', 'other') }}
            and one.word = other.word
    group by one.stream, one.partner_code, one.reference_key, one.number, other.number
),

pairs as (
    select
        one.stream,
        one.partner_code,
        one.reference_key,
        one.number,
        one.identifier,
        one.name,
        other.number as other_number,
        other.identifier as other_identifier,
        one.name = other.name
        or (one.day <> '' and one.day = other.day)
        or case one.words_needed
            when 'any' then coalesce(common.common_count, 0) >= 1
            else coalesce(common.common_count, 0) * 2 > least(one_count.word_count, other_count.word_count)
        end as is_alike,
        one.name = other.name as is_of_one_name,
        case when one.postcode = other.postcode then 2 else 1 end as slips
    from several as one
    inner join several as other
        on
            {{ same_reference('one', 'other') }}
    left join common_words as common
        on
            {{ same_reference('one', 'common') }}
            and one.number = common.number
            and other.number = common.other_number
    left join word_counts as one_count
        on
            {{ same_reference('one', 'one_count') }}
            and one.number = one_count.number
    left join word_counts as other_count
        on
            {{ same_reference('other', 'other_count') }}
            and other.number = other_count.number
),

-- A row without an identifier takes that of the nearest row that is alike, the earlier first.
borrowed as (
    select
        {{ reference | join(', ') }},
        number,
        other_identifier as identifier,
        row_number() over (
            partition by {{ reference | join(', ') }}, number
            order by case when other_number < number then 0 else 1 end, abs(other_number - number)
        ) as nearness
    from pairs
    where identifier = '' and other_identifier <> '' and is_alike
),

identified as (
    select
        several.stream,
        several.partner_code,
        several.reference_key,
        several.number,
        coalesce(borrowed.identifier, several.identifier) as identifier
    from several
    left join borrowed
        on
            {{ same_reference('several', 'borrowed') }}
            and several.number = borrowed.number
            and borrowed.nearness = 1
),

-- An identifier that is one slip of the pen away, under the same name, is no other; nor is one two slips away, one of
-- each row, where the postcode is the same too.
matches as (
    select
        pairs.stream,
        pairs.partner_code,
        pairs.reference_key,
        pairs.number,
        pairs.other_number
    from pairs
    inner join identified as one
        on
            {{ same_reference('pairs', 'one') }}
            and pairs.number = one.number
    inner join identified as other
        on
            {{ same_reference('pairs', 'other') }}
            and pairs.other_number = other.number
    where
        (one.identifier <> '' and one.identifier = other.identifier)
        or (one.identifier = '' and other.identifier = '' and pairs.is_alike)
        or (
            one.identifier <> ''
            and other.identifier <> ''
            and pairs.is_of_one_name
            and {{ edit_distance('one.identifier', 'other.identifier') }} <= pairs.slips
        )
),

naming_0 as (
    select
        {{ reference | join(', ') }},
        number,
        number as naming
    from several
),

-- What is alike through others is one too; longer chains than these rounds reach stay apart, and are told of.
{% for round in range(1, 5) %}
    naming_{{ round }} as (
        select
            matches.stream,
            matches.partner_code,
            matches.reference_key,
            matches.number,
            min(others.naming) as naming
        from matches
        inner join naming_{{ round - 1 }} as others
            on
                {{ same_reference('matches', 'others') }}
                and matches.other_number = others.number
        group by matches.stream, matches.partner_code, matches.reference_key, matches.number
    ),
{% endfor %}

named as (
    select
        returned.*,
        coalesce(namings.naming, 1) as naming,
        cast(null as varchar) as parent_ref
    from {{ ref('stg_returns__reference') }} as returned
    inner join signatures
        on
            {{ same_reference('returned', 'signatures') }}
            and coalesce(returned.identifier, '') = signatures.identifier
            and returned.name = signatures.name
            and returned.day = signatures.day
    left join naming_4 as namings
        on
            {{ same_reference('signatures', 'namings') }}
            and signatures.number = namings.number
),

{{ name_records('named') }}
