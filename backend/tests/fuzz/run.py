"""Fuzz one parser: `python -m tests.fuzz.run NAME SECONDS`, with atheris on the path.

libFuzzer prints its figures. A finding is printed with its input, and the run fails.
"""

import contextlib
import sys
import tempfile
import time
from pathlib import Path

import atheris  # type: ignore[import-untyped]  # only where `make fuzz` has put it

with atheris.instrument_imports(include=["app.services.infrastructure"]):
    from tests.fuzz.parsers import ALLOWED, targets

# Of CPU for each 100 kB, and never below what one measurement can tell.
_SECONDS_EACH_100_KB = 0.1
_LEAST_SECONDS = 0.1
_LONGEST_INPUT = 100_000


class Fuzzer:
    """Runs a parser, and measures it."""

    def __init__(self, name: str) -> None:
        self._target = targets()[name]

    def seed(self, folder: Path) -> None:
        """Write the texts to begin from."""
        for number, text in enumerate(self._target.seeds):
            (folder / str(number)).write_text(text[:_LONGEST_INPUT])

    def run(self, data: bytes) -> None:
        """Parse one input."""
        text = data.decode("utf-8", "replace")
        began = time.process_time()
        with contextlib.suppress(*ALLOWED):
            self._target.parse(text)
        spent = time.process_time() - began
        limit = max(_LEAST_SECONDS, _SECONDS_EACH_100_KB * len(data) / 100_000)
        if spent > limit and self._is_slow_again(text, limit):
            raise TimeoutError(f"{spent:.3f} s of CPU for {len(data)} bytes")

    def _is_slow_again(self, text: str, limit: float) -> bool:
        """Measure once more: the first time may have been the garbage collector's."""
        began = time.process_time()
        with contextlib.suppress(*ALLOWED):
            self._target.parse(text)
        return time.process_time() - began > limit


def main() -> None:
    """Fuzz for so many seconds."""
    name, seconds = sys.argv[1], int(sys.argv[2])
    fuzzer = Fuzzer(name)
    folder = Path(tempfile.mkdtemp(prefix="unity-fuzz-"))
    fuzzer.seed(folder)
    arguments = ["fuzz", f"-max_total_time={seconds}", f"-max_len={_LONGEST_INPUT}",
                 "-print_final_stats=1", "-rss_limit_mb=2048", f"-artifact_prefix={folder}/",
                 str(folder)]  # fmt: skip
    atheris.Setup(arguments, fuzzer.run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
