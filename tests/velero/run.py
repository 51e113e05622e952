#!/usr/bin/env python3
"""Runs the tests of grapnel server against what Velero's users have: their CLI, their bucket, their manifests, their server.

usage: run.py --grapnel PROGRAM [WORD …]     only tests whose name has one of the words

Backups are in a bucket of the test bed's S3 server.  $VELERO (else velero in $PATH) is Velero's program, $VELERO_PLUGINS a
folder with its AWS plugin; what needs one that is not there says that it is skipped.  Ends with a line "N passed, N failed".
"""
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "cluster")]
from runner import main  # noqa: E402
from world import World  # noqa: E402

if __name__ == "__main__":
    main(HERE, World)
