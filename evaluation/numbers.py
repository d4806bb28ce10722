"""How a figure is rounded and written, the same on the command line, in the report, in the workbook and on the site.

Half up, on exact decimals: Python's own formatting rounds a half to the even digit, and 4.85 would be 4.8 in one place
and 4.9 in another.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

MINUS = "\N{MINUS SIGN}"
_MILLION = Decimal(1_000_000)
_THOUSAND = Decimal(1_000)
_PLACES = {"GBP": 0, "FTE": 1, "ratio": 2}


def rounded(value: Decimal | float, places: int) -> Decimal:
    """A figure with so many decimals, halves away from zero. A modelled one, a float, is taken as it prints."""
    return Decimal(str(value)).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def fixed(value: Decimal | float, places: int) -> str:
    """A figure as text with thousands separated and always so many decimals."""
    return f"{rounded(value, places):,}"


def signed(value: Decimal, text: str, *, plus: bool = False) -> str:
    """`text`, the size of a figure, with the sign of `value`."""
    return f"{MINUS}{text}" if value < 0 else f"+{text}" if plus and value > 0 else text


def places(value: Decimal | int, unit: str) -> int:
    """How many decimals a figure is shown with: none of pounds, one of FTE, two of a ratio, else one if it has any."""
    return _PLACES.get(unit, 0 if value == int(value) else 1)


def number(value: Decimal | int, unit: str, *, plus: bool = False) -> str:
    """A figure in its unit as text."""
    amount = Decimal(value)
    return signed(amount, f"{'£' * (unit == 'GBP')}{fixed(abs(amount), places(amount, unit))}", plus=plus)


def whole(value: Decimal) -> Decimal:
    """An exact quantity with all its places and none too many."""
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()


def number_format(value: Decimal | int, unit: str) -> str:
    """How a spreadsheet shows a figure in its unit: it keeps the whole figure, and rounds a half up by itself."""
    if unit == "share":
        return "0%"
    decimals = places(value, unit)
    size = f"{'£' * (unit == 'GBP')}#,##0{'.' * (decimals > 0)}{'0' * decimals}"
    return f"{size};[Black]-{size}" if unit == "GBP" else size


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
