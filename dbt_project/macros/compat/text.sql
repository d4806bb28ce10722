{# Text functions that engines spell differently. #}

{% macro regex_replace(expression, pattern, replacement) -%}
    {{ return(adapter.dispatch('regex_replace')(expression, pattern, replacement)) }}
{%- endmacro %}

{# The SQL linter (`.sqlfluff`) reads the expression alone: chains of twenty replacements take it minutes a model. #}
{% macro duckdb__regex_replace(expression, pattern, replacement) -%}
    {%- if var('is_linted', false) -%}
        {{ expression }}
    {%- else -%}
        regexp_replace({{ expression }}, '{{ pattern }}', '{{ replacement }}', 'g')
    {%- endif -%}
{%- endmacro %}

{# Spark takes a backslash out of a literal. #}
{% macro spark__regex_replace(expression, pattern, replacement) -%}
    regexp_replace({{ expression }}, '{{ pattern | replace("\\", "\\\\") }}', '{{ replacement }}')
{%- endmacro %}

{% macro regex_match(expression, pattern) -%}
    {{ return(adapter.dispatch('regex_match')(expression, pattern)) }}
{%- endmacro %}

{% macro duckdb__regex_match(expression, pattern) -%}
    regexp_matches({{ expression }}, '{{ pattern }}')
{%- endmacro %}

{% macro spark__regex_match(expression, pattern) -%}
    {{ expression }} rlike '{{ pattern | replace("\\", "\\\\") }}'
{%- endmacro %}

{# Letters without the marks above and below them; a letter that is no other with a mark stays. #}
{% macro without_marks(expression) -%}
    {{ return(adapter.dispatch('without_marks')(expression)) }}
{%- endmacro %}

{% macro duckdb__without_marks(expression) -%}
    strip_accents({{ expression }})
{%- endmacro %}

{% macro spark__without_marks(expression) -%}
    {%- set marked = 'àáâãäåçèéêëìíîïñòóôõöùúûüýÿāăąćĉċčďēĕėęěĝğġģĥĩīĭįĵķĺļľńņňōŏőŕŗřśŝşšţťũūŭůűųŵŷźżžơưǎǐǒǔǖǘǚǜǟǡǣǧǩǫǭǯǰǵǹǻǽǿȁȃȅȇȉȋȍȏȑȓȕȗșțȟȧȩȫȭȯȱȳʹ;΅·ΐάέήίΰϊϋόύώϓϔйѐёѓїќѝўѷӂӑӓӗӛӝӟӣӥӧӫӭӯӱӳӵӹḁḃḅḇḉḋḍḏḑḓḕḗḙḛḝḟḡḣḥḧḩḫḭḯḱḳḵḷḹḻḽḿṁṃṅṇṉṋṍṏṑṓṕṗṙṛṝṟṡṣṥṧṩṫṭṯṱṳṵṷṹṻṽṿẁẃẅẇẉẋẍẏẑẓẕẖẗẘẙẛạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹἀἁἂἃἄἅἆἇἐἑἒἓἔἕἠἡἢἣἤἥἦἧἰἱἲἳἴἵἶἷὀὁὂὃὄὅὐὑὒὓὔὕὖὗὠὡὢὣὤὥὦὧὰάὲέὴήὶίὸόὺύὼώᾀᾁᾂᾃᾄᾅᾆᾇᾐᾑᾒᾓᾔᾕᾖᾗᾠᾡᾢᾣᾤᾥᾦᾧᾰᾱᾲᾳᾴᾶᾷι῁ῂῃῄῆῇ῍῎῏ῐῑῒΐῖῗ῝῞῟ῠῡῢΰῤῥῦῧ῭΅`ῲῳῴῶῷ´' -%}
    {%- set bare = 'aaaaaaceeeeiiiinooooouuuuyyaaaccccdeeeeegggghiiiijklllnnnooorrrssssttuuuuuuwyzzzouaiouuuuuaaægkooʒjgnaæøaaeeiioorruusthaeooooyʹ;¨·ιαεηιυιυουωϒϒиеегікиуѵжааеәжзииоөэууучыabbbcdddddeeeeefghhhhhiikkkllllmmmnnnnoooopprrrrsssssttttuuuuuvvwwwwwxxyzzzhtwyſaaaaaaaaaaaaeeeeeeeeiioooooooooooouuuuuuuyyyyααααααααεεεεεεηηηηηηηηιιιιιιιιοοοοοουυυυυυυυωωωωωωωωααεεηηιιοουυωωααααααααηηηηηηηηωωωωωωωωαααααααι¨ηηηηη᾿᾿᾿ιιιιιι῾῾῾υυυυρρυυ¨¨`ωωωωω´' -%}
    translate(regexp_replace({{ expression }}, '[\\u0300-\\u036F]', ''), '{{ marked }}', '{{ bare }}')
{%- endmacro %}

{# One row for every element of a `;`-separated text; `expression` must not be null. #}
{% macro split_to_rows(expression) -%}
    {{ return(adapter.dispatch('split_to_rows')(expression)) }}
{%- endmacro %}

{% macro duckdb__split_to_rows(expression) -%}
    unnest(string_split({{ expression }}, ';'))
{%- endmacro %}

{% macro spark__split_to_rows(expression) -%}
    explode(split({{ expression }}, ';'))
{%- endmacro %}

{# One row for every object of a JSON list, as a struct of texts; `expression` must not be null. #}
{% macro json_to_rows(expression, fields) -%}
    {{ return(adapter.dispatch('json_to_rows')(expression, fields)) }}
{%- endmacro %}

{% macro duckdb__json_to_rows(expression, fields) -%}
    unnest(from_json({{ expression }}, '[{"{{ fields | join('":"varchar","') }}":"varchar"}]'))
{%- endmacro %}

{% macro spark__json_to_rows(expression, fields) -%}
    explode(from_json({{ expression }}, 'array<struct<{{ fields | join(':string,') }}:string>>'))
{%- endmacro %}

{# What `dbt.safe_cast` becomes: null for what is not of the type. dbt's own for DuckDB is a plain cast. #}
{% macro duckdb__safe_cast(field, type) -%}
    try_cast({{ field }} as {{ type }})
{%- endmacro %}

{# Spark alone takes a year or month for a date, and no fraction, exponent or grouped digits for a whole number. #}
{% macro spark__safe_cast(field, type) -%}
    {%- if type == 'date' -%}
        try_cast(replace(regexp_extract({{ field }}, '^ *([0-9]+[-/][0-9]{1,2}[-/][0-9]{1,2}) *([T ].*)?$', 1), '/', '-') as date)
    {%- elif type == 'timestamptz' -%}
        case when {{ field }} rlike '^ *[0-9]+-[0-9]{1,2}-[0-9]' then try_cast({{ field }} as timestamp) end
    {%- elif type == 'integer' -%}
        try_cast(round(try_cast(replace({{ field }}, '_', '') as decimal(38, 10))) as int)
    {%- else -%}
        try_cast(replace({{ field }}, '_', '') as {{ type }})
    {%- endif -%}
{%- endmacro %}

{#
    How many letters must be typed otherwise to make one text the other; neighbours that changed places are one: on Spark
    as far as nothing else differs.
#}
{% macro edit_distance(one, other) -%}
    {{ return(adapter.dispatch('edit_distance')(one, other)) }}
{%- endmacro %}

{% macro duckdb__edit_distance(one, other) -%}
    damerau_levenshtein({{ one }}, {{ other }})
{%- endmacro %}

{% macro spark__edit_distance(one, other) -%}
    case
        when exists(
            sequence(1, length({{ one }})),
            place -> concat(
                substr({{ one }}, 1, place - 1), substr({{ one }}, place + 1, 1), substr({{ one }}, place, 1),
                substr({{ one }}, place + 2)
            ) = {{ other }}
        ) and {{ one }} <> {{ other }} then 1
        else levenshtein({{ one }}, {{ other }})
    end
{%- endmacro %}
