"""A drawing in SVG: boxes, arrows and words, with coordinates in pixels of a page 480 wide."""

from html import escape

INK, FORWARD, BACKWARD, SOFT, MARK = "#222222", "#0072B2", "#D55E00", "#EAF3FA", "#FFE9C7"


class Drawing:
    """What is drawn so far; `write` makes a file of it."""

    def __init__(self, width, height, title):
        self.size, self.title, self.parts = (width, height), title, []

    def box(self, x, y, width, height, words="", fill=SOFT, edge=INK, size=13):
        """A box with words in its middle, line by line."""
        self.parts.append(
            f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="4" fill="{fill}" stroke="{edge}"/>'
        )
        self.words(x + width / 2, y + height / 2, words, size=size)

    def words(self, x, y, words, colour=INK, size=13, anchor="middle"):
        """Words around a point, line by line."""
        lines = str(words).split("\n") if str(words) else []
        for n, line in enumerate(lines):
            below = y + (n - (len(lines) - 1) / 2) * size * 1.25 + size * 0.35
            self.parts.append(
                f'<text x="{x:.1f}" y="{below:.1f}" fill="{colour}" font-size="{size}" text-anchor="{anchor}">'
                f"{escape(line)}</text>"
            )

    def arrow(self, x1, y1, x2, y2, words="", colour=FORWARD, beside=(0, -8), bend=0):
        """An arrow from the first point to the second, with words at its middle; `bend` moves its middle aside."""
        middle = (x1 + x2) / 2 - bend * (y2 - y1) / 100, (y1 + y2) / 2 + bend * (x2 - x1) / 100
        end = "b" if colour == BACKWARD else "f"
        self.parts.append(
            f'<path d="M{x1},{y1} Q{middle[0]:.1f},{middle[1]:.1f} {x2},{y2}" fill="none" stroke="{colour}" '
            f'stroke-width="1.8" marker-end="url(#{end})"/>'
        )
        along = (x1 + 2 * middle[0] + x2) / 4, (y1 + 2 * middle[1] + y2) / 4
        self.words(along[0] + beside[0], along[1] + beside[1], words, colour, 12)

    def grid(self, x, y, numbers, side=34, marked=(), fill="white"):
        """A matrix of numbers in square cells; the cells (row, column) of `marked` stand out."""
        for r, row in enumerate(numbers):
            for c, number in enumerate(row):
                shade = MARK if (r, c) in marked else fill
                self.box(x + c * side, y + r * side, side, side, short(number), shade, "#999999")

    def write(self, path):
        """Write the file, with a title for those who hear it."""
        width, height = self.size
        tips = "".join(
            f'<marker id="{name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
            f'<path d="M0,0 L8,4 L0,8 z" fill="{colour}"/></marker>'
            for name, colour in (("f", FORWARD), ("b", BACKWARD))
        )
        path.write_text(
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
            f'role="img" font-family="sans-serif"><title>{escape(self.title)}</title><defs>{tips}</defs>'
            f'<rect width="{width}" height="{height}" fill="white"/>{"".join(self.parts)}</svg>\n',
            encoding="utf-8",
        )


def short(number):
    """A number in at most four digits, with a real minus sign."""
    return number if isinstance(number, str) else f"{number:.4g}".replace("-", "−")
