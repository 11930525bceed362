"""Runs every benchmark, or those named, and prints one table: each a ratio against something run beside it."""

import sys
from importlib import import_module
from pathlib import Path

HEAD = ("what", "ours", "beside it", "ratio", "target")


def main(names: list[str]) -> None:
    rows = [HEAD]
    for path in sorted(Path(__file__).parent.glob("bench_*.py")):
        if names and path.stem.removeprefix("bench_") not in names:
            continue
        for row in import_module(f"tests.benchmarks.{path.stem}").run():
            ours, beside = (f"{row[side]:,.1f} {row['unit']}" for side in ("ours", "beside"))
            rows.append((row["name"], ours, beside, f"{row['ratio']:.2f}", row["target"]))
            print(f"measured: {row['name']}", file=sys.stderr)
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


if __name__ == "__main__":
    main(sys.argv[1:])
