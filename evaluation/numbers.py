"""How a figure is rounded and written, the same on the command line, in the report and in the workbook.

Half up, on exact decimals: Python's own formatting rounds a half to the even digit, and 4.85 would be 4.8 in one place
and 4.9 in another.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

MINUS = "\N{MINUS SIGN}"
_MILLION = Decimal(1_000_000)
_THOUSAND = Decimal(1_000)


def rounded(value: Decimal | float, places: int) -> Decimal:
    """A figure with so many decimals, halves away from zero. A modelled one, a float, is taken as it prints."""
    return Decimal(str(value)).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def fixed(value: Decimal | float, places: int) -> str:
    """A figure as text with thousands separated and always so many decimals."""
    return f"{rounded(value, places):,}"


def signed(value: Decimal, text: str, *, plus: bool = False) -> str:
    """`text`, the size of a figure, with the sign of `value`."""
    return f"{MINUS}{text}" if value < 0 else f"+{text}" if plus and value > 0 else text


def number(value: Decimal | int, unit: str, *, plus: bool = False) -> str:
    """A figure in its unit as text: whole pounds, one decimal of FTE, otherwise no more decimals than there are."""
    amount = Decimal(value)
    size = abs(amount)
    if unit == "GBP":
        return signed(amount, f"£{fixed(size, 0)}", plus=plus)
    if unit == "ratio":
        return signed(amount, fixed(size, 2), plus=plus)
    if unit == "FTE" or size != size.to_integral_value():
        return signed(amount, fixed(size, 1), plus=plus)
    return signed(amount, f"{int(size):,}", plus=plus)


def millions(value: Decimal, unit: str) -> str:
    """A figure for a narrow column: money from a million on in millions of pounds."""
    size = abs(value)
    return number(value, unit) if unit != "GBP" or size < _MILLION else signed(value, f"£{fixed(size / _MILLION, 2)}m")


def short_number(value: Decimal, unit: str) -> str:
    """A figure for a headline or a label of a chart: money in thousands or millions of pounds."""
    size = abs(value)
    if unit == "GBP" and _THOUSAND <= size < _MILLION:
        return signed(value, f"£{fixed(size / _THOUSAND, 0)}k")
    return millions(value, unit)


def percent(share: Decimal | float) -> str:
    """A fraction as whole per cent."""
    return f"{rounded(share * 100, 0)}%"
