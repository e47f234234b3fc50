"""The pages that people read, and the code blocks in them."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SHOWN = re.compile(r"```\n\s*```text\n(.*?)^```$", flags=re.DOTALL | re.MULTILINE)
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", flags=re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and where its text stands in the page."""

    language: str
    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Example:
    """One command, what the page shows below it, and where that stands in the page.

    A console block shows it to the digit; a block of `sh` shows nothing (None), or in a block of `text` right below it
    what its last command prints, whose digits are those of one machine.
    """

    command: str
    shown: str | None
    start: int
    end: int
    to_the_digit: bool = True


def title(page: Path) -> str:
    """Return a page's path from the root."""
    return page.relative_to(ROOT).as_posix()


def blocks(text: str, *languages: str) -> list[Block]:
    """Return the blocks of these languages."""
    found = [Block(match[1], match[2], match.start(2), match.end(2)) for match in FENCE.finditer(text)]
    return [block for block in found if block.language in languages]


def examples(text: str) -> list[Example]:
    """Return the commands of a page, in order; a line that ends with a backslash goes on in the next."""
    found = []
    for block in blocks(text, "console", "sh"):
        shell = block.language == "sh"
        pattern = r"^((?:simtool|printf) (?:.*\\\n)*.*)\n" if shell else r"^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)"
        for match in re.finditer(pattern, block.text, flags=re.MULTILINE):
            start, end = (0, 0) if shell else match.span(2)
            found.append(Example(match[1], None if shell else match[2], block.start + start, block.start + end))
        if shell and (shown := SHOWN.match(text, block.end)):
            found[-1] = Example(found[-1].command, shown[1], *shown.span(1), to_the_digit=False)
    return found
