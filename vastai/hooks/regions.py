"""World regions as lists of two-letter country codes.

The groups follow the M49 standard of the United Nations; Taiwan and Kosovo are added, Cyprus and Georgia counted to
Europe. Some region codes are country codes too (NA is Namibia, AF Afghanistan, AS American Samoa, LC Saint Lucia):
whether a text means the region is for the caller to decide.
"""

from __future__ import annotations

from collections.abc import Mapping


def _group(codes: str) -> tuple[str, ...]:
    return tuple(codes.split())


_AFRICA = _group(
    "DZ AO BJ BW BF BI CV CM CF TD KM CG CD CI DJ EG GQ ER SZ ET GA GM GH GN GW KE LS LR LY MG MW ML MR MU YT MA MZ NA"
    " NE NG RE RW SH ST SN SC SL SO ZA SS SD TZ TG TN UG EH ZM ZW IO TF"
)
_ASIA = _group(
    "AF AM AZ BH BD BT BN KH CN HK IN ID IR IQ IL JP JO KZ KW KG LA LB MO MY MV MN MM NP KP OM PK PS PH QA SA SG KR LK"
    " SY TW TJ TH TL TR TM AE UZ VN YE"
)
_EUROPE = _group(
    "AX AL AD AT BY BE BA BG HR CY CZ DK EE FO FI FR GE DE GI GR GG HU IS IE IM IT JE LV LI LT LU MT MD MC ME NL MK NO"
    " PL PT RO RU SM RS SK SI ES SJ SE CH UA GB VA XK"
)
_NORTHERN_AMERICA = _group("BM CA GL PM US")
_CENTRAL_AMERICA = _group(
    "AI AG AW BS BB BZ BQ VG KY CR CU CW DM DO SV GD GP GT HT HN JM MQ MX MS NI PA PR BL KN LC MF VC SX TT TC VI"
)
_SOUTH_AMERICA = _group("AR BO BV BR CL CO EC FK GF GY PY PE GS SR UY VE")
_OCEANIA = _group(
    "AS AU CX CC CK FJ PF GU HM KI MH FM NR NC NZ NU NF MP PW PG PN WS SB TK TO TV UM VU WF",
)

CODES: dict[str, tuple[str, ...]] = {
    "AF": _AFRICA,
    "AS": _ASIA,
    "EU": _EUROPE,
    "LC": _CENTRAL_AMERICA + _SOUTH_AMERICA,
    "NA": _NORTHERN_AMERICA,
    "OC": _OCEANIA,
}
"""The region codes of the directive ``georegion=true``; LC is Latin America and the Caribbean."""

NAMES: dict[str, tuple[str, ...]] = {
    "africa": _AFRICA,
    "asia": _ASIA,
    "europe": _EUROPE,
    "north_america": _NORTHERN_AMERICA + _CENTRAL_AMERICA,
    "oceania": _OCEANIA,
    "south_america": _SOUTH_AMERICA,
}
"""The region names of ``launch instance --region``; here North America reaches down to Panama."""

_REGION_OF = {country: code for code, members in CODES.items() for country in members}


def countries_named(name: str) -> tuple[str, ...]:
    """Return the countries of a region given by name, in any case, with blanks or underscores; empty if unknown.

    >>> countries_named("north america")[:3]
    ('BM', 'CA', 'GL')
    >>> countries_named("NA")
    ()
    """
    return NAMES.get("_".join(name.replace("_", " ").split()).lower(), ())


def countries(code_or_name: str) -> tuple[str, ...]:
    """Return the countries of a region given by its code or its name, in any case; empty if it is no region.

    A text that is a region code and a country code is taken as the region.

    >>> countries("na")
    ('BM', 'CA', 'GL', 'PM', 'US')
    >>> countries("South_America")[:2]
    ('AR', 'BO')
    >>> countries("DE")
    ()
    """
    return CODES.get(code_or_name.strip().upper(), ()) or countries_named(code_or_name)


def region_of(country: str) -> str | None:
    """Return the region code a two-letter country code belongs to, or None.

    >>> region_of("IE"), region_of("MX"), region_of("XX")
    ('EU', 'LC', None)
    """
    return _REGION_OF.get(country)


def expand(operators: Mapping[str, object]) -> dict[str, object]:
    """Replace region codes in the comparisons of geolocation by their countries, in any case.

    "eq" and "in" become one "in" (a country has to be in both), "neq" and "notin" one "notin". Comparisons that name no
    region stay as they are.

    Raises:
        ValueError: "eq" and "in" leave no country.

    >>> expand({"eq": "na"}), expand({"notin": ["NA", "DE"]}), expand({"eq": "DE"})
    ({'in': ['BM', 'CA', 'GL', 'PM', 'US']}, {'notin': ['BM', 'CA', 'GL', 'PM', 'US', 'DE']}, {'eq': 'DE'})
    """
    expanded = dict(operators)
    for one, many in (("eq", "in"), ("neq", "notin")):
        given = [_listed(operators[operator]) for operator in (one, many) if operator in operators]
        if not any(isinstance(place, str) and place.upper() in CODES for places in given for place in places):
            continue
        lists = [[country for place in places for country in _countries_of(place)] for places in given]
        if many == "in":
            found = [country for country in lists[0] if country in lists[-1]]
        else:
            found = [country for places in lists for country in places]
        if not found:
            raise ValueError("no country is in all the regions that geolocation names")
        expanded.pop(one, None)
        expanded[many] = list(dict.fromkeys(found))
    return expanded


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else [value]


def _countries_of(place: object) -> tuple[object, ...]:
    return (CODES.get(place.upper()) if isinstance(place, str) else None) or (place,)
