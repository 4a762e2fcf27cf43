"""Says which of the pins in requirements*.txt are behind what the package index offers.

    python tests/outdated.py        # one line a package that is behind; exit status 0, for being behind breaks nothing

Without an index to ask it says so.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]


def pins(root: Path = ROOT) -> dict[str, str]:
    """The highest version that the requirement files allow, by the package's name."""
    found = {}
    for file in sorted(root.glob("requirements*.txt")):
        for line in file.read_text(encoding="utf-8").splitlines():
            try:
                requirement = Requirement(line.partition("#")[0].strip())
            except InvalidRequirement:  # an empty line, or another file
                continue
            versions = [one.version for one in requirement.specifier if one.operator in ("==", "<=")]
            found[requirement.name] = max(versions, key=Version)
    return found


def newest(name: str) -> str | None:
    """The newest version that the index offers this Python; None where it does not answer."""
    done = subprocess.run([sys.executable, "-m", "pip", "index", "versions", name], capture_output=True, text=True,
                          timeout=120)
    found = re.match(r"\S+ \((\S+)\)", done.stdout)  # "torch (2.15.0)", then all of them
    return found[1] if found else None


def main() -> int:
    """Prints what is behind."""
    pinned = pins()
    offered = {name: newest(name) for name in pinned}
    for name, version in offered.items():
        if version and Version(version) > Version(pinned[name]):
            print(f"{name} {pinned[name]} is behind {version}")
    silent = [name for name, version in offered.items() if version is None]
    print(f"{len(pinned)} pins looked at" + (f"; the index did not answer for {', '.join(silent)}" if silent else ""))
    return 0


if __name__ == "__main__":
    sys.exit(main())
