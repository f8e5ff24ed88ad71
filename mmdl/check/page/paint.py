"""Colours for a terminal, or none."""

from dataclasses import dataclass

STYLES = {"good": "32", "bad": "31", "strong": "1", "faint": "2"}
RESET = "\x1b[0m"


@dataclass(frozen=True)
class Paint:
    """Styles for words and colours for pixels; without colour everything stays as it is."""

    colour: bool

    def __call__(self, style, text):
        """The text in one of the STYLES."""
        return f"\x1b[{STYLES[style]}m{text}{RESET}" if self.colour and text else text

    def pixels(self, upper, lower):
        """Two pixels above each other, in colours of the 256-colour palette; None is no pixel."""
        if lower is None:
            return f"\x1b[38;5;{upper}m▀{RESET}"
        return f"\x1b[38;5;{upper};48;5;{lower}m▀{RESET}"
