#!/usr/bin/env python3
"""Tests the stores: a directory, a real S3 server (testbed/s3-up), and a fake one with faults (tests/fake/s3.py).

usage: run.py --programs FOLDER [--release FOLDER] [--jobs N] [WORD …]     only tests whose name has one of the words

The folders hold store_conformance and store_operation; those of --release have no sanitizers, so that their memory can be measured.
Every function in test_*.py whose name starts with "test_" is a test; it gets a World (world.py), and may return the names of
what it saw pass.  STORE_MIB is the size of the large upload (default 200).  Ends with a line "N passed, N failed".
"""
import argparse
import concurrent.futures
import importlib
import pathlib
import sys
import tempfile
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "fake")]
from world import Skip, World  # noqa: E402


def run(test, options):
    """What passed, what went wrong, why it was left out, seconds."""
    started = time.time()
    passed, error, skip = 0, "", ""
    with tempfile.TemporaryDirectory(prefix="grapnel-store-") as folder:
        world = World(options.programs, options.release or options.programs, pathlib.Path(folder))
        try:
            passed = len(test(world) or [test])
        except Skip as reason:
            skip = str(reason)
        except Exception:
            error = traceback.format_exc()
        finally:
            world.close()
    return passed, error, skip, time.time() - started


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--programs", type=pathlib.Path, required=True)
    parser.add_argument("--release", type=pathlib.Path)
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("words", nargs="*")
    options = parser.parse_args()
    options.programs = options.programs.resolve()
    options.release = options.release and options.release.resolve()
    tests = []
    for path in sorted(HERE.glob("test_*.py")):
        for name, value in vars(importlib.import_module(path.stem)).items():
            full = f"{path.stem[5:]}: {name[5:].replace('_', ' ')}"
            if name.startswith("test_") and callable(value) and (not options.words or any(w in full for w in options.words)):
                tests.append((full, value))
    total = failed = skipped = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for full, result in [(full, pool.submit(run, test, options)) for full, test in tests]:
            passed, error, skip, seconds = result.result()
            total, failed, skipped = total + passed, failed + bool(error), skipped + bool(skip)
            word = "FAILED" if error else "skipped" if skip else "ok"
            print(f"{word:7} {seconds:6.1f} s  {full}{f' ({passed})' if passed > 1 else ''}{': ' if skip else ''}{skip}", flush=True)
            if error:
                print("    " + error.replace("\n", "\n    "), flush=True)
    print(f"{total} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
