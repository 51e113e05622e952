#!/usr/bin/env python3
"""Runs the scenario tests: the real program against the fake API server, with faults.

usage: run.py --grapnel PROGRAM [--jobs N] [WORD …]     only tests whose name has one of the words

Every function in test_*.py whose name starts with "test_" is a test; it gets a World (world.py).  Ends with a line
"N passed, N failed".
"""
import argparse
import concurrent.futures
import importlib
import os
import pathlib
import sys
import tempfile
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "fake")]
from world import World  # noqa: E402


def run(test, program):
    started = time.time()
    with tempfile.TemporaryDirectory(prefix="grapnel-scenario-") as folder:
        world = World(program, pathlib.Path(folder))
        try:
            test(world)
            error = None
        except Exception:
            error = traceback.format_exc() + world.transcript()
        finally:
            world.close()
    return error, time.time() - started


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--grapnel", required=True)
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("words", nargs="*")
    options = parser.parse_args()
    program = os.path.abspath(options.grapnel)
    tests = []
    for path in sorted(HERE.glob("test_*.py")):
        module = importlib.import_module(path.stem)
        for name, value in vars(module).items():
            full = f"{path.stem[5:].replace('_', ' ')}: {name[5:].replace('_', ' ')}"
            if name.startswith("test_") and callable(value) and (not options.words or any(w in full for w in options.words)):
                tests.append((full, value))
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        results = [(name, pool.submit(run, test, program)) for name, test in tests]
        for name, result in results:
            error, seconds = result.result()
            passed, failed = passed + (error is None), failed + (error is not None)
            print(f"{'ok    ' if error is None else 'FAILED'} {seconds:5.1f} s  {name}", flush=True)
            if error:
                print("    " + error.replace("\n", "\n    "), flush=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
