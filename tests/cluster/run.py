#!/usr/bin/env python3
"""Runs the cluster tests: the real program against the real Kubernetes of testbed/.

usage: run.py --grapnel PROGRAM [WORD …]     only tests whose name has one of the words

Starts the test bed when it is not up, and stops it again in that case.  Ends with a line "N passed, N failed".
"""
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from cluster import Cluster  # noqa: E402
from runner import main  # noqa: E402

if __name__ == "__main__":
    main(HERE, Cluster)
