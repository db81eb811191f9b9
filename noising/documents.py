"""The documents of docs/ as HTML, and the terms of the glossary.

markdown-it-py follows CommonMark; raw HTML is not let through.
"""

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.urls import reverse
from django.utils.html import escape, format_html
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

FOLDER: Final[Path] = settings.BASE_DIR / "docs"

GROUPS: Final[Mapping[str, Sequence[str]]] = {
    "Choose the noise": (
        "decision",
        "lint",
        "schedules",
        "playground",
        "conversions",
        "glossary",
    ),
    "Train with it": ("training", "torch", "corpus", "replay", "limits"),
    "Trust it": ("audit", "audits", "certificate", "randomness"),
    "Measure": ("benchmarks", "runs", "performance"),
    "Call it": ("batches", "text", "client", "command", "access"),
    "Operate it": ("operations", "threats"),
}
"""The documents by what a reader wants; others follow under "More"."""

ORDINARY: Final[frozenset[str]] = frozenset(
    {
        *(
            "token",
            "state",
            "time",
            "to noise",
            "changed",
            "unchanged",
            "draw",
            "weight",
        ),
        *("name", "queue", "job", "part", "pairs", "status", "claim", "archived"),
        *("phase", "log", "reader", "efficient"),
        *("created", "owner", "tag", "account", "staff", "session", "run", "audit"),
    }
)
"""Terms of the glossary that are ordinary words: only templates mark them as terms."""

IMAGES: Final[Mapping[str, str]] = {".svg": "image/svg+xml", ".png": "image/png"}
"""Content type of the images in docs/images, by the ending of their names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document, rendered.

    Attributes:
        name: of its file, without the ending.
        title: its first heading.
        html: the rest; it has no raw HTML of the source.
        headings: title and anchor of its sections.
    """

    name: str
    title: str
    html: str
    headings: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A term of the glossary."""

    name: str
    meaning: str
    anchor: str


def list_documents() -> dict[str, list[Document]]:
    """Return all documents by group."""
    known = {name for names in GROUPS.values() for name in names}
    found = {path.stem for path in FOLDER.glob("*.md")}
    groups = {
        group: [find_document(name) for name in names if name in found]
        for group, names in GROUPS.items()
    }
    more = [find_document(name) for name in sorted(found - known)]
    return groups | ({"More": more} if more else {})


@functools.cache
def find_document(name: str) -> Document:
    """Return a document.

    Raises:
        FileNotFoundError: no document has this name.
    """
    path = FOLDER / f"{name}.md"
    if path not in FOLDER.glob("*.md"):
        raise FileNotFoundError(path)
    tokens = _PARSER.parse(path.read_text(encoding="utf-8"))
    title, headings = name, []
    for place, token in enumerate(tokens):
        if token.type != "heading_open":
            continue
        text = _plain(tokens[place + 1])
        if token.tag == "h1":
            title = text
            continue
        token.attrSet("id", make_anchor(text))
        if token.tag == "h2":
            headings.append((text, make_anchor(text)))
    if name == "glossary":
        _set_term_anchors(tokens)
    rest = tokens[3:] if tokens and tokens[0].tag == "h1" else tokens
    _set_links(rest)
    html = _PARSER.renderer.render(rest, _PARSER.options, {})
    return Document(name=name, title=title, html=html, headings=headings)


@functools.cache
def load_terms() -> Mapping[str, Term]:
    """Return the terms of the glossary by their names in lower case."""
    terms = {}
    text = (FOLDER / "glossary.md").read_text(encoding="utf-8")
    for names, meaning in re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", text, re.MULTILINE):
        if names == "term":  # the head of a table
            continue
        for name in names.split(", "):
            term = Term(
                name=name, meaning=_strip_marks(meaning), anchor=make_term_anchor(names)
            )
            terms[name.lower()] = term
    return terms


def split_by_terms(text: str) -> Iterator[tuple[str, Term | None]]:
    """Yield the parts of a text, each first use of a term with the term.

    Terms that are ordinary words too are no terms here.
    """
    terms, end = set(), 0
    for found in _find_pattern().finditer(text):
        term = load_terms()[found["name"].lower()]
        if term not in terms:
            yield text[end : found.start()], None
            yield found.group(), term
            terms.add(term)
            end = found.end()
    yield text[end:], None


@functools.cache
def _find_pattern() -> re.Pattern[str]:
    """Return the pattern of a term, the longest first, in the singular or plural."""
    names = sorted(load_terms().keys() - ORDINARY, key=len, reverse=True)
    choice = "|".join(map(re.escape, names))
    return re.compile(rf"(?<![\w-])(?P<name>{choice})s?(?![\w-])", re.IGNORECASE)


def make_anchor(text: str) -> str:
    """Return the anchor of a heading, as GitHub makes it."""
    kept = re.sub(r"[^\w\- ]", "", text.lower())
    return kept.replace(" ", "-")


def make_term_anchor(names: str) -> str:
    """Return the anchor of a row of the glossary."""
    return f"term-{make_anchor(names)}"


def _plain(inline: Token) -> str:
    return "".join(
        child.content
        for child in inline.children or ()
        if child.type in ("text", "code_inline")
    )


def _strip_marks(text: str) -> str:
    """Return Markdown without the marks of code, emphasis and links."""
    return re.sub(r"[`*]", "", re.sub(r"\[([^]]+)\]\([^)]*\)", r"\1", text))


def _set_term_anchors(tokens: Sequence[Token]) -> None:
    """Give each row of the glossary the anchor of its term."""
    row: Token | None = None
    for place, token in enumerate(tokens):
        if token.type == "tr_open":
            row = token
        elif token.type == "td_open" and row is not None:
            row.attrSet("id", make_term_anchor(_plain(tokens[place + 1])))
            row = None


def _set_links(tokens: Sequence[Token]) -> None:
    """Let links between documents lead to pages; those to other files lead nowhere."""
    for token in tokens:
        for child in token.children or ():
            if child.type == "image":
                name = Path(str(child.attrs["src"])).name
                address = reverse("pages:help-image", kwargs={"name": name})
                child.attrSet("src", address)
            if child.type == "link_open":
                target = _address(str(child.attrs["href"]))
                if target is None:
                    child.attrs.pop("href")
                else:
                    child.attrSet("href", target)


def _address(target: str) -> str | None:
    """Return the URL of a link's target, or None if the site does not have it."""
    if re.match(r"(https?:|mailto:|#)", target):
        return target
    path, hash_mark, anchor = target.partition("#")
    if re.fullmatch(r"[a-z_]+\.md", path):
        page = reverse("pages:help-document", kwargs={"name": path[:-3]})
        return f"{page}{hash_mark}{anchor}"
    return None


class _Renderer(RendererHTML):
    """Code that can be copied, and tables that scroll by themselves."""

    def fence(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any
    ) -> str:
        """Return a block of code."""
        return format_html(
            '<pre tabindex="0" data-copy="code"><code>{}</code></pre>\n',
            tokens[idx].content.rstrip("\n"),
        )

    def table_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any
    ) -> str:
        """Begin a table within a region that can be reached by keyboard."""
        env["tables"] = env.get("tables", 0) + 1
        label = escape(f"Table {env['tables']}")
        return (
            f'<div class="table-scroll" role="region" aria-label="{label}" '
            'tabindex="0"><table class="prose-table">'
        )

    def table_close(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any
    ) -> str:
        """End it."""
        return "</table></div>\n"


_PARSER: Final = MarkdownIt(
    "commonmark", {"html": False}, renderer_cls=_Renderer
).enable("table")
