"""The lines for a terminal as HTML, for a notebook: the same words, and heat maps without gaps."""

import html
import re

LEVELS = (0, 95, 135, 175, 215, 255)  # of red, green and blue in the cube of the 256-colour palette
STYLES = {"32": "color:#1a7f37", "31": "color:#cf222e", "1": "font-weight:bold", "2": "opacity:0.65"}
# Letters grow smaller with the page, so that three heat maps beside each other fit a phone, almost.
PAGE = "font-size:clamp(8px,2cqw,1em);line-height:1.25;white-space:pre;overflow-x:auto;margin:0;padding:0"
PIXEL = "display:inline-block;width:1ch;height:1.25em;vertical-align:top;background:"
CODES = re.compile(r"\x1b\[([\d;]+)m(.*?)\x1b\[0m")


def as_html(lines):
    """Lines with the codes of `Paint` as one element of HTML."""
    text = CODES.sub(_styled, html.escape("\n".join(lines)))
    return f'<div style="container-type:inline-size"><pre style="{PAGE}">{text}</pre></div>'


def _styled(found):
    codes, text = found[1], found[2]
    if codes in STYLES:
        return f'<span style="{STYLES[codes]}">{text}</span>'
    upper, *lower = (_colour(int(number)) for number in re.findall(r"[34]8;5;(\d+)", codes))
    colours = f"linear-gradient({upper} 50%,{lower[0] if lower else 'transparent'} 50%)"
    return f'<span class="pixel" style="{PIXEL}{colours}"> </span>'


def _colour(number):
    """A colour of the 256-colour palette: of the cube, or one of the greys after it."""
    if number >= 232:
        grey = 8 + 10 * (number - 232)
        return f"rgb({grey},{grey},{grey})"
    red, rest = divmod(number - 16, 36)
    return f"rgb({','.join(str(LEVELS[level]) for level in (red, *divmod(rest, 6)))})"
