"""What code a file holds, as a hash that words and formatting do not change.

Hashed is the syntax tree without comments, docstrings, annotations and the texts that only people read, together with
that of the files beside it which it imports: whatever else is edited may change what the code does.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import hashlib
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

WORDS = {"help", "title", "short_title", "summary", "source", "note", "tuning", "unit", "group", "low", "high", "step",
         "terms", "in_paper", "role", "latex", "headline", "aliases", "short", "aim", "means",
         "lower"}  # of declarations: shown to people or used by forms
DECLARATIONS = {"parameter", "Option", "Term", "Method", "Attack", "Scenario", "Dataset", "Model"}
UNSTABLE = {"kind", "ctx", "type_ignores", "type_params", "type_comment"}  # differ between versions of Python
DIGITS = 12
TRIES = 9  # of parsing one text, where threads get into each other's way
_parsing = threading.Lock()


def source_hash(path: Path, texts: Mapping[Path, str] | None = None) -> str:
    """The first hex digits of the sha256 of a file's code and of the code beside it that it imports.

    ``texts`` are those of the files in its folder (:func:`texts_in`); without them they are read.
    """
    files = _with_neighbours(path.resolve(), texts)
    code = "\n".join(f"{file.stem}\n{files[file].code}" for file in sorted(files))
    return hashlib.sha256(code.encode()).hexdigest()[:DIGITS]


def texts_in(folder: Path) -> dict[Path, str]:
    """The texts of a folder's files as they are now, to be asked for their code later."""
    return _texts(tuple((file, file.stat().st_mtime_ns) for file in _files(folder.resolve())))


@functools.lru_cache(maxsize=16)
def _texts(stamped: tuple[tuple[Path, int], ...]) -> dict[Path, str]:
    """Read once for all components of a folder, which are found together, and again when one was edited."""
    return {file: file.read_text(encoding="utf-8") for file, _ in stamped}


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.py"))


def text_hash(source: str) -> str:
    """The same for code that is in no file, such as a notebook's cell."""
    return hashlib.sha256(_normal(source).encode()).hexdigest()[:DIGITS]


@dataclass(frozen=True)
class _File:
    """What one look at a file gives: its code as text, and the last names of the modules that it may import."""

    code: str
    imported: frozenset[str]


def _with_neighbours(path: Path, texts: Mapping[Path, str] | None) -> dict[Path, _File]:
    """The file and, again and again, what it imports from its own folder."""
    there = _files(path.parent) if texts is None else texts
    beside = {file.stem: file for file in there if file.stem != "__init__"}
    found: dict[Path, _File] = {}
    todo = [path]
    while todo:
        file = todo.pop()
        if file not in found:
            text = file.read_text(encoding="utf-8") if texts is None else texts[file]
            found[file] = _read(text, file.parent.name)
            todo += [beside[name] for name in found[file].imported if name in beside]
    return found


@functools.lru_cache(maxsize=512)
def _read(text: str, folder: str) -> _File:
    """A file of a folder, parsed once: that is most of the time that a hash takes."""
    tree = syntax_tree(text)
    imported = frozenset(_imported(tree, folder))  # before the tree is made bare
    return _File(_dump(_Bare().visit(tree)), imported)


def _imported(tree: ast.Module, folder: str) -> Iterator[str]:
    """The last names of modules that are imported from a folder: ``_passes`` of ``engine.methods._passes``."""
    for node in _statements(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            parent, _, leaf = node.module.rpartition(".")
            if _is(parent, folder) or not parent:
                yield leaf
            if _is(node.module, folder):
                yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name.rpartition(".")[2] for alias in node.names)


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """All statements in a tree, also those in others; expressions, which are most of it, hold none."""
    for part in ("body", "orelse", "finalbody", "handlers", "cases"):
        inside = getattr(node, part, ())
        for one in inside if isinstance(inside, list) else ():  # a lambda's body is an expression
            yield one
            yield from _statements(one)


def _is(package: str, folder: str) -> bool:
    """Whether a dotted package is the one of a folder; those of strangers share one package."""
    return package.rpartition(".")[2] in (folder, "unlearn_components")


def _normal(source: str) -> str:
    return _dump(_Bare().visit(syntax_tree(source)))


def syntax_tree(source: str) -> ast.Module:
    """What ``ast.parse`` gives, in any thread.

    Before Python 3.11.9 and 3.12.3 two threads that parse at once can count their depth together, which ends one of
    them in a SystemError (python/cpython#106905). The lock keeps ours apart; another library's may still meet one.
    """
    for _ in range(TRIES):
        with contextlib.suppress(SystemError), _parsing:
            return ast.parse(source)
    return ast.parse(source)


def _dump(node: object) -> str:
    """A syntax tree as text, the same under every version of Python: ``ast.dump`` shows empty fields in some."""
    if isinstance(node, ast.AST):
        shown = [f"{name}={text}" for name in node._fields if name not in UNSTABLE
                 and (text := _dump(getattr(node, name, None)))]
        return f"{type(node).__name__}({', '.join(shown)})"
    if isinstance(node, list):
        return f"[{', '.join(map(_dump, node))}]" if node else ""
    return "" if node is None else repr(node)


class _Bare(ast.NodeTransformer):
    """Takes out of a syntax tree what computes nothing."""

    def generic_visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            if ast.get_docstring(node, clean=False) is not None:
                del node.body[0]
            node.body = [line for line in node.body if not _only_for_types(line)]
        return super().generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.annotation = ast.Constant(None)
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if _last_name(node.func) in DECLARATIONS:  # elsewhere high=5 is an argument like any other
            node.keywords = [word for word in node.keywords if word.arg not in WORDS]
        return self.generic_visit(node)


def _last_name(function: ast.expr) -> str:
    """``Term`` of ``types.Term``: unparsing each call would take most of the time of a start."""
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ast.unparse(function).rpartition(".")[2]


def _only_for_types(line: ast.stmt) -> bool:
    if isinstance(line, ast.ImportFrom) and line.module in ("__future__", "typing", "collections.abc"):
        return True
    return isinstance(line, ast.If) and ast.unparse(line.test) == "TYPE_CHECKING"
