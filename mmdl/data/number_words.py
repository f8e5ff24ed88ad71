"""Numbers below a million in words: in English, German, French and Chinese, by the rules that children learn."""

from collections.abc import Callable

LARGEST = 999_999


def _listed(words: str) -> tuple[str, ...]:
    return tuple(words.split())


ENGLISH = _listed(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
ENGLISH_TENS = _listed("_ _ twenty thirty forty fifty sixty seventy eighty ninety")
GERMAN = _listed(
    "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn "
    "achtzehn neunzehn"
)
GERMAN_TENS = _listed("_ _ zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig")
FRENCH = _listed(
    "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit "
    "dix-neuf"
)
FRENCH_TENS = _listed("_ _ vingt trente quarante cinquante soixante soixante quatre-vingt quatre-vingt")
CHINESE = "零一二三四五六七八九"
CHINESE_PLACES = ((10_000, "万"), (1000, "千"), (100, "百"), (10, "十"))


def english(n: int) -> str:
    """123456 -> "one hundred and twenty-three thousand, four hundred and fifty-six" """
    if n < 20:
        return ENGLISH[n]
    if n < 100:
        return ENGLISH_TENS[n // 10] + (f"-{ENGLISH[n % 10]}" if n % 10 else "")
    size, name = (100, "hundred") if n < 1000 else (1000, "thousand")
    whole, rest = f"{english(n // size)} {name}", n % size
    if not rest:
        return whole
    return f"{whole} and {english(rest)}" if rest < 100 else f"{whole}, {english(rest)}"


def german(n: int) -> str:
    """123456 -> "einhundertdreiundzwanzigtausendvierhundertsechsundfünfzig": the units come before the tens."""
    if n < 20:
        return GERMAN[n]
    if n < 100:
        units = german(n % 10).removesuffix("s") if n % 10 == 1 else german(n % 10)
        return (f"{units}und" if n % 10 else "") + GERMAN_TENS[n // 10]
    size, name = (100, "hundert") if n < 1000 else (1000, "tausend")
    count = german(n // size)
    count = count.removesuffix("s") if n // size % 100 == 1 else count  # "eins" counts nothing: einhundert
    return count + name + (german(n % size) if n % size else "")


def french(n: int) -> str:
    """123456 -> "cent vingt-trois mille quatre cent cinquante-six": beyond sixty, tens are counted by twenties."""
    if n < 20:
        return FRENCH[n]
    if n < 100:
        twenties = n >= 60
        rest = n % 20 if twenties else n % 10
        tens = FRENCH_TENS[n // 10]
        if not rest:
            return f"{tens}s" if n == 80 else tens
        return f"{tens} et {french(rest)}" if rest in (1, 11) and n < 80 else f"{tens}-{french(rest)}"
    size, name = (100, "cent") if n < 1000 else (1000, "mille")
    count, rest = n // size, n % size
    counted = french(count) + " " if count > 1 else ""
    if size == 1000:  # before mille, cents and quatre-vingts lose their s
        counted = counted.replace("cents ", "cent ").replace("vingts ", "vingt ")
    plural = "s" if size == 100 and count > 1 and not rest else ""
    return f"{counted}{name}{plural}" + (f" {french(rest)}" if rest else "")


def chinese(n: int) -> str:
    """123456 -> "十二万三千四百五十六": digits and their places, one 零 for the places that are skipped."""
    if n < 10:
        return CHINESE[n]
    if n < 20:
        return "十" + (CHINESE[n - 10] if n > 10 else "")
    for size, name in CHINESE_PLACES:
        if n >= size:
            rest = n % size
            if not rest:
                return chinese(n // size) + name
            skipped = "零" if rest < size // 10 else ""
            tens = "一" if 10 <= rest < 20 else ""  # 一十 within a number
            return chinese(n // size) + name + skipped + tens + chinese(rest)
    raise AssertionError(n)


LANGUAGES: dict[str, Callable[[int], str]] = {
    "english": english,
    "german": german,
    "french": french,
    "chinese": chinese,
}
