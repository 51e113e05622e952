"""An upload of any size takes the memory of one part."""

import os

MIB = 1 << 20


def test_a_large_object_takes_no_more_memory_than_a_small_one(world):
    size = int(os.environ.get("STORE_MIB", "200")) * MIB
    location = world.real()
    peaks = {}
    for name, length in (("small", 20 * MIB), ("large", size)):
        for argv in (("put", name, length, 7), ("get", name, length, 7)):
            done = world.operate(location, *argv, release=True, seconds=3600)
            assert done.ok and done.out in ("", "whole\n"), f"{argv}: {done.out}{done.err}"
            peaks[name, argv[0]] = done.peak_kib
            print(f"    {argv[0]} {length // MIB} MiB: peak {done.peak_kib / 1024:.1f} MiB, {length / MIB / done.seconds:.0f} MiB/s", flush=True)
    for verb in ("put", "get"):
        assert peaks["large", verb] < peaks["small", verb] + 4096, peaks
        assert peaks["large", verb] < 40 * 1024, peaks
    world.expect(location, "delete", "large")
