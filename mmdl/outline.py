"""What has parts, as an indented tree of lines, or as HTML that folds: for print(model) and for notebooks."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Outline:
    """One line of a tree: what it says, a number at the right edge, and the lines below it."""

    text: str
    note: str = ""
    parts: tuple[Outline, ...] = ()

    def __str__(self) -> str:
        rows = list(self._rows("", ""))
        width = max(len(text) for text, _ in rows)
        right = max(len(note) for _, note in rows)
        return "\n".join(f"{text:{width}}  {note:>{right}}".rstrip() for text, note in rows)

    def _rows(self, first: str, rest: str) -> Iterator[tuple[str, str]]:
        yield first + self.text, self.note
        for part in self.parts:
            last = part is self.parts[-1]
            yield from part._rows(rest + ("└─ " if last else "├─ "), rest + ("   " if last else "│  "))

    def html(self, levels: int = 2) -> str:
        """Nested <details>, of which the outer `levels` are open."""
        style = "margin-left:1em;font-family:monospace" if levels == 2 else "margin-left:1em"
        note = f' <span style="opacity:.6">{html.escape(self.note)}</span>' if self.note else ""
        line = html.escape(self.text) + note
        if not self.parts:
            return f'<div style="{style}">{line}</div>'
        inner = "".join(part.html(levels - 1) for part in self.parts)
        return f'<details style="{style}"{" open" if levels > 0 else ""}><summary>{line}</summary>{inner}</details>'
