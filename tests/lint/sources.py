"""The project's own files, found by walking: a release tarball has no git to ask."""

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CPP = (".cpp", ".hpp")
_NOT_OURS = {".git", "build", "node_modules", "__pycache__", ".venv"}


def files(*folders: str, suffixes: tuple[str, ...] = ()) -> Iterator[Path]:
    """Every file under these folders of the project (the whole of it when none is named), in a stable order."""
    for folder in folders or (".",):
        yield from _walk(ROOT / folder, suffixes)


def _walk(folder: Path, suffixes: tuple[str, ...]) -> Iterator[Path]:
    if not folder.is_dir():
        return
    for entry in sorted(folder.iterdir()):
        if entry.name in _NOT_OURS or entry.is_symlink():
            continue
        if entry.is_dir():
            yield from _walk(entry, suffixes)
        elif not suffixes or entry.suffix in suffixes:
            yield entry


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
