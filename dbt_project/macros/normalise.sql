{# How names and identifiers are compared. Sources: docs/contracts.md section 5, domain.md sections 2.1 and 8. #}

{# No organisation has so long a name: what stands behind it is not compared, and `name_too_long` says so. #}
{% macro longest_name() -%}
    300
{%- endmacro %}

{#
    Letters as they are compared: lower case, without marks, full-width letters as narrow ones, ligatures as two letters.
    Letters of other scripts stay, and so do marks in the scripts of India, Thailand, Laos, Myanmar and Cambodia, in which
    they are vowels. Few names are asked more than whether they have a letter beyond the alphabets of Europe.
#}
{% macro folded(text) -%}
    {%- set low = "lower(left(trim(" ~ text ~ "), " ~ longest_name() ~ "))" -%}
    {%- set narrow = "translate(" ~ low ~ ", 'ａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ０１２３４５６７８９（）＆＋．，－／＠：　', 'abcdefghijklmnopqrstuvwxyz0123456789()&+.,-/@: ')" -%}
    {%- set bare -%}
    case
        when not {{ regex_match(low, '[\\x{0900}-\\x{FFEF}]') }} then {{ without_marks(low) }}
        when {{ regex_match(low, '[\\x{0900}-\\x{0EFF}\\x{1000}-\\x{109F}\\x{1780}-\\x{17FF}]') }} then {{ narrow }}
        else {{ without_marks(narrow) }}
    end
    {%- endset -%}
    {%- set single = "translate(" ~ bare ~ ", 'øłđðħıŋ', 'olddhin')" -%}
    replace(replace(replace(replace({{ single }}, 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th')
{%- endmacro %}

{# Where a name ends and another of the same organisation begins: `Acme Ltd t/a Acme Labs`, `Acme (formerly Bolt)`. #}
{% macro other_name_marker() -%}
    [ (\\\[,;–-]+(@|(t/a|t/as|t[.]a[.]|a[.]?k[.]?a[.]?|f[.]?k[.]?a[.]?|d/?b/?a|trading as|trading name|operating as|working as|working name|registered as|legal name|(also |now |better )?known as|(formerly|previously|formally)( known as| called)?)[ :])
{%- endmacro %}

{#
    Lower case, without marks, "&" and "+" as and, without another name after it, punctuation, leading "the" and legal
    form. Null when nothing is left, and for `(withheld)`, `N/A`, `Self-employed` and the like: two who have no name to give
    are not one organisation.
#}
{% macro normalise_name(name) -%}
    {{ compared_words(regex_replace(folded(without_short_name(name)), other_name_marker() ~ '.*$', '')) }}
{%- endmacro %}

{#
    A name without its short form in brackets, `Prison Advice Service (PAS)`: capitals in a name that is not all of them. A
    country or part of one in brackets is no short form.
#}
{% macro without_short_name(name) -%}
    {%- set short = ' [(][A-Z][A-Z0-9&]{1,7}[)][^()]*$' -%}
    case
        when {{ regex_match(name, '[a-z]') }} and {{ regex_match(name, short) }}
            and not {{ regex_match(name, '[(](UK|GB|NI|EU|US|USA|EMEA|ROI|NE|NW|SE|SW)[)]') }}
            then {{ regex_replace(name, ' [(][A-Z][A-Z0-9&]{1,7}[)]', '') }}
        else {{ name }}
    end
{%- endmacro %}

{# The trading, former or legal name that a name gives beside its own, in the form of `normalise_name`; null without. #}
{% macro other_name(name) -%}
    {%- set letters = folded(name) -%}
    case
        when {{ regex_match(letters, other_name_marker()) }}
            then {{ compared_words(regex_replace(letters, '^.*?' ~ other_name_marker(), ' ')) }}
        when {{ without_short_name(name) }} <> {{ name }}
            then lower({{ regex_replace(regex_replace(name, '[)][^()]*$', ''), '^.*[(]', '') }})
    end
{%- endmacro %}

{# The words of folded letters that name an organisation. #}
{% macro compared_words(letters) -%}
    {%- set joined = regex_replace(letters, "[''’`´.\\x{200C}\\x{200D}]", '') -%}
    {%- set words = regex_replace(regex_replace(joined, '[&+]', ' and '), '[^\\p{L}\\p{M}\\p{N}]+', ' ') -%}
    {%- set bare = regex_replace("' ' || " ~ words ~ " || ' '",
        '( and)?( (limited|ltd|plc|llp|lp|cic|cio|scio|cyf|cyfyngedig|ccc|inc|incorporated|company|co|llc|corp|corporation|gmbh|ag|bv|sarl|srl|pty|limited by guarantee|public limited company|limited liability partnership|community interest company|charitable incorporated organisation))+ +$', ' ') -%}
    {%- set own = "trim(" ~ regex_replace(bare, '^ +the ', ' ') ~ ")" -%}
    nullif({{ regex_replace(own, '^(withheld|n a|na|none|nil|null|unknown|not known|not applicable|not stated|no company|no organisation|tbc|tba|test|other|various|self|self employed|selfemployed|freelance|freelancer|sole trader|individual|private individual|private|personal|anonymous|retired|unemployed|student|home)$', '') }}, '')
{%- endmacro %}

{# A number that a spreadsheet took for an amount (`1234567.0`) is that number. #}
{% macro without_decimals(number) -%}
    {{ regex_replace(number, '[.]0+ *$', '') }}
{%- endmacro %}

{#
    8 characters: digits padded to 8, or a prefix of the register with digits padded to 6, or as registered (IP12345R;
    IP12345 lost its R). Null if not a number.
#}
{% macro normalise_company_number(number) -%}
    {%- set bare = regex_replace("upper(" ~ without_decimals(number) ~ ")", '[^A-Z0-9]', '') -%}
    {%- set prefix = '(AC|CE|CS|FC|FE|GE|GN|GS|IC|IP|LP|NA|NC|NF|NI|NL|NO|NP|NR|NV|NZ|OC|OE|PC|RC|RS|SA|SC|SE|SF|SG|SI|SL|SO|SP|SR|SZ|ZC)' -%}
    case
        when {{ regex_match(bare, '^0*$') }} then null
        when {{ regex_match(bare, '^[0-9]{5,8}$') }} then lpad({{ bare }}, 8, '0')
        when {{ regex_match(bare, '^IP[0-9]{5}$') }} then {{ bare }} || 'R'
        when {{ regex_match(bare, '^' ~ prefix ~ '[0-9]{4,6}$') }}
            then substr({{ bare }}, 1, 2) || lpad(substr({{ bare }}, 3), 6, '0')
        when {{ regex_match(bare, '^' ~ prefix ~ '[0-9]{5}[A-Z]$') }} then {{ bare }}
        when {{ regex_match(bare, '^R[0-9]{7}$') }} then {{ bare }}
    end
{%- endmacro %}

{#
    Register number: digits for England and Wales, with SC (6 digits) or NIC before them for the other registers. A
    linked charity has the number of the charity that it is part of. Null if not a number.
#}
{% macro normalise_charity_number(number) -%}
    {%- set said = regex_replace("upper(trim(" ~ without_decimals(number) ~ "))", '-[0-9]{1,2}$', '') -%}
    {%- set bare = regex_replace(regex_replace(said, '[^A-Z0-9]', ''), '^(REGISTERED|REG)?(CHARITY)?(NUMBER|NO)?', '') -%}
    {%- set digits = regex_replace(bare, '^0+', '') -%}
    case
        when {{ regex_match(bare, '^[0-9]{5,7}$') }} and {{ regex_match(digits, '^[1-9][0-9]{4,6}$') }} then {{ digits }}
        when {{ regex_match(bare, '^SC[0O]?[0-9]{5}$') }} then 'SC0' || right({{ bare }}, 5)
        when {{ regex_match(bare, '^(NIC[0-9]{5,6}|SC[0-9]{6})$') }} then {{ bare }}
    end
{%- endmacro %}

{#
    What an identifier of an organisation (org-id.guide: `GB-COH-01234567`) says: in `registers` of numbers that
    `normalise` reads. Null for another register, and for a publisher's own identifier that only begins like one
    (`GB-CHC-1091263-ORG:12`).
#}
{% macro identifier_of(identifier, registers, normalise) -%}
    {%- set bare = regex_replace("upper(trim(" ~ identifier ~ "))", '[_ ]+', '-') -%}
    case
        when {{ regex_match(bare, '^(' ~ registers ~ ')-[A-Z]{0,3}[0-9]+[A-Z]?$') }}
            then {{ normalise(regex_replace(bare, '^(' ~ registers ~ ')-', '')) }}
    end
{%- endmacro %}

{# The company number that an identifier is. #}
{% macro company_number_of(identifier) -%}
    {{ identifier_of(identifier, 'GB-COH', normalise_company_number) }}
{%- endmacro %}

{# The charity number that an identifier is, of whichever of the three registers. #}
{% macro charity_number_of(identifier) -%}
    coalesce(
        {{ identifier_of(identifier, 'GB-CHC|GB-CCH', normalise_charity_number) }},
        {{ identifier_of(identifier, 'GB-SC', normalise_scottish_charity) }},
        {{ identifier_of(identifier, 'GB-NIC', normalise_northern_irish_charity) }}
    )
{%- endmacro %}

{# `GB-SC-012345` is SC012345, not the charity 12345 of England and Wales. #}
{% macro normalise_scottish_charity(number) -%}
    {{ normalise_charity_number("'SC' || " ~ regex_replace(number, '^SC', '')) }}
{%- endmacro %}

{% macro normalise_northern_irish_charity(number) -%}
    {{ normalise_charity_number("'NIC' || " ~ regex_replace(number, '^NIC', '')) }}
{%- endmacro %}

{# An identifier of a register that is neither of companies nor of charities, in one spelling: schools, universities, health, councils. #}
{% macro register_identifier(identifier) -%}
    {%- set bare = regex_replace("upper(trim(" ~ identifier ~ "))", '[_ ]+', '-') -%}
    case
        when {{ regex_match(bare, '^(GB-(EDU|UKPRN|NHS|LAE|LAS|LANI|PLA|GOR|HESA|SHPE|MPR|COOP|ROR|REV)|US-EIN|XI-ROR|XI-GRID|XI-LEI)-[A-Z0-9./]+$') }}
            then {{ bare }}
    end
{%- endmacro %}

{# A publisher's own name for an organisation (`360G-…`): it says the same of two grants of one publisher, and nothing elsewhere. Null when it stops after its scheme. #}
{% macro publisher_identifier(identifier) -%}
    {%- set bare = regex_replace("upper(trim(" ~ identifier ~ "))", '[_ ]+', '-') -%}
    case
        when {{ regex_match(bare, '^[A-Z0-9]+-[A-Z0-9]+-.*[A-Z0-9]') }}
            and coalesce({{ company_number_of(identifier) }}, {{ charity_number_of(identifier) }}, {{ register_identifier(identifier) }}) is null
            then {{ bare }}
    end
{%- endmacro %}

{#
    Upper case with one space before the last three; null when it has not the shape of a postcode. The letter O where
    only a digit stands, and the like, is mended where one reading alone is a postcode of a postal area.
#}
{% macro normalise_postcode(postcode) -%}
    {%- set bare = regex_replace("upper(" ~ postcode ~ ")", '[^A-Z0-9]', '') -%}
    {%- set valid = '^(AB|AL|B|BA|BB|BD|BH|BL|BN|BR|BS|BT|CA|CB|CF|CH|CM|CO|CR|CT|CV|CW|DA|DD|DE|DG|DH|DL|DN|DT|DY|E|EC|EH|EN|EX|FK|FY|G|GL|GU|GY|HA|HD|HG|HP|HR|HS|HU|HX|IG|IM|IP|IV|JE|KA|KT|KW|KY|L|LA|LD|LE|LL|LN|LS|LU|M|ME|MK|ML|N|NE|NG|NN|NP|NR|NW|OL|OX|PA|PE|PH|PL|PO|PR|RG|RH|RM|S|SA|SE|SG|SK|SL|SM|SN|SO|SP|SR|SS|ST|SW|SY|TA|TD|TF|TN|TQ|TR|TS|TW|UB|W|WA|WC|WD|WF|WN|WR|WS|WV|YO|ZE)([1-9][0-9A-HJKMNPR-Y]?|0)[0-9][A-Z]{2}$|^GIR0AA$' -%}
    {%- set end = "translate(substr(" ~ bare ~ ", length(" ~ bare ~ ") - 2, 1), 'OI', '01') || right(" ~ bare ~ ", 2)" -%}
    {%- set first = "translate(substr(" ~ bare ~ ", 1, 1), '01', 'OI')" -%}
    {%- set rest = "translate(substr(" ~ bare ~ ", 3, length(" ~ bare ~ ") - 5), 'OI', '01')" -%}
    {%- set two_letters = first ~ " || translate(substr(" ~ bare ~ ", 2, 1), '01', 'OI') || " ~ rest ~ " || " ~ end -%}
    {%- set one_letter = first ~ " || translate(substr(" ~ bare ~ ", 2, 1), 'OI', '01') || " ~ rest ~ " || " ~ end -%}
    {%- set mended -%}
    case
        when {{ regex_match(bare, valid) }} then {{ bare }}
        when {{ regex_match(bare, '[OI01]') }} and {{ regex_match(two_letters, valid) }}
            and ({{ two_letters }} = {{ one_letter }} or not {{ regex_match(one_letter, valid) }})
            then {{ two_letters }}
        when {{ regex_match(bare, '[OI01]') }} and {{ regex_match(one_letter, valid) }}
            and not {{ regex_match(two_letters, valid) }}
            then {{ one_letter }}
        when {{ regex_match(bare, '^[A-Z]{1,2}[0-9][A-Z0-9]?[0-9][A-Z]{2}$') }} then {{ bare }}
    end
    {%- endset -%}
    substr({{ mended }}, 1, length({{ mended }}) - 3) || ' ' || right({{ mended }}, 3)
{%- endmacro %}

{# Host of a web address or the domain of an e-mail, without scheme, www and path; null when there is no dot in it. #}
{% macro normalise_domain(address) -%}
    {%- set host = regex_replace("lower(trim(" ~ address ~ "))", '^[a-z]+://', '') -%}
    {%- set bare = regex_replace(regex_replace(host, '^www[.]', ''), '[/:?#].*$', '') -%}
    case when {{ regex_match(bare, '^[a-z0-9-]+([.][a-z0-9-]+)+$') }} then {{ bare }} end
{%- endmacro %}
