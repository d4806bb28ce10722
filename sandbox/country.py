"""A pretend country of any size: a register of companies, and mentions of some of its organisations, made by DuckDB.

The pretend programme has a few thousand firms; this has millions, with names of coined words as rare as real ones are,
so that what matching costs can be seen to grow. All of it hangs on the numbers of rows and the seed alone.
"""

from __future__ import annotations

import duckdb

from sandbox import vocabulary as words

MENTIONS_OF_ONE = 4
"""So many mentions an organisation has, on average."""
_STARTS = "b c d f g h j k l m n p r s t v w z br dr kl pr st tr"
_SYLLABLES = [start + vowel for start in _STARTS.split() for vowel in "aeio"]
_AREAS = "B CV DY WV WS ST WR HR TF SY DE LE NN NG LN S SK M L WA WN BL OL BD LS HU YO NE DL TS CA LA PR FY BS BA"
_ENDS = list("ABDEFGHJLN")


def make_register(connection: duckdb.DuckDBPyConnection, companies: int, seed: int = 1) -> None:
    """Table `register_row`: company_number, name, is_previous, postcode. A tenth had another name before."""
    _make_macros(connection, seed)
    connection.execute(f"""
        CREATE OR REPLACE TABLE register_row AS
        WITH company AS (
            SELECT n, numbered(n) AS company_number, postcode_of(n) AS postcode FROM range({companies}) t (n)
        )
        SELECT company_number, upper(named(n)) || ' LIMITED' AS name, false AS is_previous, postcode FROM company
        UNION ALL
        SELECT company_number, upper(named(-n - 1)) || ' LTD', true, postcode FROM company WHERE n % 10 = 0
    """)


def make_mentions(connection: duckdb.DuckDBPyConnection, mentions: int, companies: int, seed: int = 1) -> None:
    """Table `mention`: source_system, source_record_id, name, company_number, postcode, domain and, the truth,
    organisation.

    Seven of ten organisations stand in the register of so many companies; mentions differ in case, form, ampersand, a
    letter now and then, and in what they give beside a name.
    """
    _make_macros(connection, seed)
    organisations = max(1, mentions // MENTIONS_OF_ONE)
    connection.execute(f"""
        CREATE OR REPLACE TABLE mention AS
        WITH drawn AS (
            SELECT n, draw(n, 'organisation') % {organisations} AS organisation,
                draw(n, 'spelling') % 100 AS spelling, draw(n, 'given') % 1000 AS given, draw(n, 'moved') % 20 AS moved
            FROM range({mentions}) t (n)
        ),
        -- Seven of ten are the register's first companies; the others have names that no company has.
        placed AS (
            SELECT *, organisation % 10 < 7 AND organisation < {companies} AS is_registered,
                if(organisation % 10 < 7, organisation, {companies} + organisation) AS thing
            FROM drawn
        ),
        known AS (SELECT *, named(thing) AS plain FROM placed)
        SELECT
            ['returns', 'hubspot', 'eventbrite', 'threesixtygiving'][1 + n % 4] AS source_system,
            n::VARCHAR AS source_record_id,
            CASE
                WHEN spelling < 30 THEN plain || ' Ltd'
                WHEN spelling < 50 THEN plain || ' Limited'
                WHEN spelling < 60 THEN upper(plain)
                WHEN spelling < 80 THEN plain
                WHEN spelling < 90 THEN replace(plain, '&', 'and')
                WHEN spelling < 94 THEN left(plain, 3) || substr(plain, 5)
                WHEN spelling < 97 THEN plain || ' Ltd t/a ' || coined(draw(thing, 'trading name'))
                ELSE 'The ' || plain
            END AS name,
            CASE WHEN is_registered AND given % 20 < 7 THEN numbered(thing) END AS company_number,
            CASE WHEN given % 4 < 3 THEN postcode_of(if(moved = 0, thing + 7, thing)) END AS postcode,
            CASE WHEN given % 5 < 2 THEN lower(split_part(plain, ' ', 1)) || thing || '.co.uk' END AS domain,
            organisation
        FROM known
    """)


def _make_macros(connection: duckdb.DuckDBPyConnection, seed: int) -> None:
    """What draws, coins a word, and names, numbers and places a thing by which one it is."""
    connection.execute(f"""
        CREATE OR REPLACE MACRO draw(n, what) AS (hash(n, what, {seed}) >> 8)::BIGINT;
        CREATE OR REPLACE MACRO one_of(list, n) AS list[1 + n % len(list)];
        CREATE OR REPLACE MACRO syllable(n) AS one_of({_SYLLABLES}, n);
        CREATE OR REPLACE MACRO coined(n) AS
            upper(left(syllable(n), 1)) || substr(syllable(n), 2) || syllable(n // 97) || syllable(n // 9409)
            || one_of(['', 'n', 'x', 'r', 'l', 's'], n // 912673);
        CREATE OR REPLACE MACRO first(n) AS one_of({words.FIRM_FIRST}, draw(n, 'first'));
        CREATE OR REPLACE MACRO trade(n, what) AS one_of({words.FIRM_SECOND}, draw(n, what));
        CREATE OR REPLACE MACRO named(n) AS CASE draw(n, 'kind') % 10
            WHEN 0 THEN first(n) || ' ' || trade(n, 'one') || ' & ' || trade(n, 'two') || ' '
                || coined(draw(n, 'coined'))
            WHEN 1 THEN coined(draw(n, 'coined')) || ' ' || coined(draw(n, 'second'))
            WHEN 2 THEN first(n) || ' ' || coined(draw(n, 'coined')) || ' ' || trade(n, 'one')
            WHEN 3 THEN coined(draw(n, 'coined')) || ' ' || trade(n, 'one') || ' ' || (1 + draw(n, 'number') % 99)
            ELSE coined(draw(n, 'coined')) || ' ' || trade(n, 'one') END;
        CREATE OR REPLACE MACRO numbered(n) AS lpad((n + 1000000)::VARCHAR, 8, '0');
        CREATE OR REPLACE MACRO postcode_of(n) AS
            one_of({_AREAS.split()}, draw(n, 'area')) || (1 + draw(n, 'district') % 30) || ' '
            || (draw(n, 'sector') % 10) || one_of({_ENDS}, draw(n, 'unit')) || one_of({_ENDS}, draw(n, 'end'));
    """)
