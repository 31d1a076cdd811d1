"""Builds the filter of common and breached passwords that Unity carries: no password, only hashes.

Sources, both taken from wheels as `pip download --no-deps zxcvbn django` saves them:
- zxcvbn 4.5.0 (MIT), `zxcvbn/frequency_lists.py`: the 30,000 most frequent of several breaches.
- Django 5.2.19 (BSD-3-Clause), `django/contrib/auth/common-passwords.txt.gz`: 20,000 of a
  collection of breaches that Royce Williams ranked.

    python lab/common_passwords.py FOLDER_OF_THE_WHEELS
"""

import ast
import gzip
import hashlib
import sys
import zipfile
from pathlib import Path

TARGET = Path(__file__).parents[1] / "backend/app/services/core/breached_passwords.bin"
PREFIX_BYTES = 5  # of SHA-256; with 40,000 entries, one new password in 27 million is hit by chance
SHORTEST = 4


def zxcvbn_words(wheels: Path) -> set[str]:
    """Read the list without running the package."""
    (wheel,) = wheels.glob("zxcvbn-*.whl")
    tree = ast.parse(zipfile.ZipFile(wheel).read("zxcvbn/frequency_lists.py").decode())
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "passwords":
                    texts = [
                        str(n.value)
                        for n in ast.walk(value)
                        if isinstance(n, ast.Constant)
                    ]
                    return set(max(texts, key=len).split(","))
    raise SystemExit("The list of zxcvbn was not found.")


def django_words(wheels: Path) -> set[str]:
    """Read the list of Django."""
    (wheel,) = wheels.glob("[Dd]jango-*.whl")
    packed = zipfile.ZipFile(wheel).read("django/contrib/auth/common-passwords.txt.gz")
    return set(gzip.decompress(packed).decode().split())


def main(wheels: Path) -> None:
    """Write the sorted prefixes."""
    words = {word.lower() for word in zxcvbn_words(wheels) | django_words(wheels)}
    kept = {word for word in words if len(word) >= SHORTEST}
    prefixes = sorted(
        {hashlib.sha256(word.encode()).digest()[:PREFIX_BYTES] for word in kept}
    )
    TARGET.write_bytes(b"".join(prefixes))
    print(f"{len(prefixes)} entries, {TARGET.stat().st_size} bytes: {TARGET}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
