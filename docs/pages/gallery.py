"""The gallery: every figure of the repository, with what draws it."""

from mmdl import curriculum


def write(source, root):
    """Write gallery.md."""
    cards = [
        card(f"{each.number:02} {each.title}", f"{each.name}.png", each.question, f"lessons/{each.name}.md")
        for each in curriculum.lessons()
    ]
    shown = {f"{each.name}.png" for each in curriculum.lessons()}
    every = [path.name for path in sorted((root / "figures").iterdir()) if path.suffix in (".png", ".gif")]
    others = [name for name in every if name not in shown]
    cards += [
        card(name.split(".")[0].replace("_", " "), name, "", "lessons/comparison.md")
        for name in others
        if name not in shown
    ]
    grid = "\n\n".join(cards)
    opening = "# Gallery\n\nEvery figure is drawn by code of the repository."
    text = f"{opening}\n\n:::::{{grid}} 1 2 2 3\n:gutter: 3\n\n{grid}\n:::::\n"
    (source / "gallery.md").write_text(text, encoding="utf-8")


def card(title, picture, words, link):
    """One figure with its title and a link to what draws it."""
    return f"""::::{{grid-item-card}} {title}
:img-top: /figures/{picture}
:img-alt: {title}
:link: {link.removesuffix(".md")}
:link-type: doc

{words}
::::"""
