"""An S3 server that fails at one request, for every request and every way to fail: the call ends right or with a sentence,
nothing is half visible, and no part of an upload stays."""

import concurrent.futures
import time

from s3 import ANSWERS, FAULTS, nth

SMALL, LARGE = 1000, 6 * 1024 * 1024  # LARGE: two parts
PIECES = 5 * 1024 * 1024 + 3  # read in three pieces, the last of which is shorter than an error
# What may be over in a moment: once is no failure.
TRANSIENT = ["500", "503", "unavailable", "timeout", "cut before", "cut in body", "cut after", "cut in answer", "slow"]
OWN_TEST = ["hang", "late error", "late success", "other range", "broken list", "endless list"]  # they have a test of their own
LASTING = [f for f in FAULTS if f not in TRANSIENT and f not in OWN_TEST]


class Case:
    """One operation: how the bucket is before it, and what must be there and printed after it."""

    def __init__(self, world, argv, objects=None, wrote=None, **options):
        self.world, self.argv, self.objects, self.wrote = world, argv, objects or {}, wrote
        self.options = {"page": 3} | options

    def server(self):
        server = self.world.fake(**self.options)
        bucket = server.buckets["bucket"]
        for key, size in self.objects.items():
            self.world.expect(self.world.at(server), "put", key, size, 1)
        assert len(bucket.objects) == len(self.objects)
        server.requests.clear()
        return server

    def learn(self):
        """How it goes without a fault: what is printed, what is in the bucket, how many requests."""
        server = self.server()
        self.out = self.world.expect(self.world.at(server), *self.argv)
        self.before = {f"fleet/{key}" for key in self.objects}
        self.after = {key: o.body for key, o in server.buckets["bucket"].objects.items()}
        self.operations = server.operations()
        self.template = self.world.at(server)
        return self

    def run(self, fault, seconds=240):
        """The result, when everything is as it must be."""
        server = self.server()
        server.fault = fault
        location = self.world.at(server)
        result = self.world.operate(location, *self.argv, seconds=seconds)
        log = server.transcript()
        bucket = server.buckets["bucket"]
        try:
            if result.ok:
                assert result.out == self.out, f"printed {result.out!r}, not {self.out!r}"
                assert {k: o.body for k, o in bucket.objects.items()} == self.after
            else:
                self.check_sentence(result.message)
                for key, found in bucket.objects.items():
                    assert key in self.before or found.body == self.after.get(key), f"{key} is half there: {len(found.body)} bytes"
            server.fault = None
            self.world.expect(location, "sweep", "", 0)
            assert not bucket.uploads, "parts of an upload are left"
        except AssertionError as error:
            raise AssertionError(f"{self.argv}, {result.seconds:.1f} s: {error}\n{result.err}\n{log}") from None
        server.close()
        self.world.fakes.remove(server)  # with all that it holds
        return result

    def check_sentence(self, sentence):
        assert "fake-secret" not in sentence, f"tells a secret: {sentence}"
        assert "bucket" in sentence, f"does not name the bucket: {sentence}"
        assert 20 < len(sentence) < 600 and not sentence.endswith("."), f"is no sentence: {sentence}"


def cases(world):
    many = {f"backups/b{i}/x +{i}": 10 for i in range(8)}
    return [
        Case(world, ("put", "backups/new", SMALL, 2), {"backups/old": 10}),
        Case(world, ("put", "backups/new", LARGE, 2), {"backups/old": 10}),
        Case(world, ("put", "backups/old", LARGE, 2), {"backups/old": 10}),
        Case(world, ("get", "backups/old", PIECES, 1), {"backups/old": PIECES}),
        Case(world, ("exists", "backups/none")),
        Case(world, ("list", "backups/"), many),
        Case(world, ("list-folders", "backups/"), many),
        Case(world, ("exists", "backups/old"), {"backups/old": 10}),
        Case(world, ("delete", "backups/old"), {"backups/old": 10}),
    ]


def each(world, faults, check):
    """Runs every case with every fault at every request; check(case, fault, number, result)."""
    learned = [case.learn() for case in cases(world)]
    runs = [(case, fault, n) for case in learned for n in range(1, len(case.operations) + 1) for fault in faults
            if (case.argv[0], fault) != ("delete", "garbage")]  # any answer with status 200 says that it is gone
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        futures = [(case, fault, n, pool.submit(case.run, nth("*", n, fault))) for case, fault, n in runs]
        seen = []
        for case, fault, n, future in futures:
            result = future.result()
            check(case, fault, n, result)
            seen.append(f"{case.argv[0]} {fault} {n}")
    return seen


def test_what_is_over_in_a_moment_is_no_failure(world):
    def check(case, fault, n, result):
        assert result.ok, f"{case.argv}: {fault} at request {n} ({case.operations[n - 1]}): {result.err}"
    return each(world, TRANSIENT, check)


def test_what_lasts_ends_with_a_sentence_and_soon(world):
    def check(case, fault, n, result):
        assert result.seconds < 20, f"{case.argv}: {fault} at request {n}: {result.seconds:.0f} s, {result.err}"
    return each(world, LASTING, check)


def test_a_late_answer_to_the_end_of_an_upload(world):
    case = Case(world, ("put", "backups/new", LARGE, 2), {"backups/old": 10}).learn()
    assert case.run(nth("CompleteMultipartUpload", 1, "late success", 0)).ok
    assert case.run(nth("CompleteMultipartUpload", 1, "late error")).ok  # tried again
    world.retry_ms = 5000
    assert not case.run(nth("CompleteMultipartUpload", 1, "late error", 0)).ok
    return ["success", "error", "error for ever"]


def test_answers_that_cannot_be_are_refused(world):
    get = Case(world, ("get", "backups/old", PIECES, 1), {"backups/old": PIECES}).learn()
    lists = [Case(world, (verb, "backups/"), {"backups/old": SMALL}).learn() for verb in ("list", "list-folders")]
    runs = [(get, nth("GetObject", n, "other range", 0)) for n in (1, 2, 3)]
    runs += [(case, nth("ListObjectsV2", 1, fault, 0)) for case in lists for fault in ("broken list", "endless list")]
    for case, fault in runs:
        result = case.run(fault)
        assert not result.ok and result.seconds < 20, f"{case.argv}: {result.out} {result.err}"
    return runs


def test_a_server_that_fails_for_ever_ends_with_a_sentence(world):
    world.retry_ms = 8000
    put = Case(world, ("put", "backups/new", SMALL, 2), {"backups/old": 10}).learn()
    large = Case(world, ("put", "backups/new", LARGE, 2), {"backups/old": 10}).learn()
    get = Case(world, ("get", "backups/old", SMALL, 1), {"backups/old": SMALL}).learn()
    lists = Case(world, ("list", "backups/"), {"backups/old": SMALL}).learn()
    runs = [(put, "*", "503"), (put, "*", "cut before"), (put, "*", "hang"), (large, "UploadPart", "500"), (large, "UploadPart", "cut in body"),
            (large, "CompleteMultipartUpload", "cut in answer"), (get, "*", "hang"), (get, "*", "cut in answer"), (lists, "*", "garbage")]
    with concurrent.futures.ThreadPoolExecutor(len(runs)) as pool:
        for (case, operation, fault), future in [(run, pool.submit(run[0].run, nth(run[1], 1, run[2], 0))) for run in runs]:
            result = future.result()
            assert not result.ok, f"{case.argv}: {fault} for ever, and yet: {result.out}"
            assert result.seconds < 150, f"{case.argv}: {fault}: {result.seconds:.0f} s"
    return [f"{run[0].argv[0]} {run[2]}" for run in runs]


def test_a_server_that_hangs_once_is_asked_again(world):
    runs = [Case(world, ("put", "backups/new", SMALL, 2)).learn(), Case(world, ("get", "backups/old", SMALL, 1), {"backups/old": SMALL}).learn()]
    with concurrent.futures.ThreadPoolExecutor(len(runs)) as pool:
        for result in pool.map(lambda case: case.run(nth("*", 1, "hang")), runs):
            assert result.ok, result.err
    return ["put", "get"]


def test_a_stop_ends_a_call_at_once_whatever_the_server_does(world):
    seen = []
    for fault in ("hang", "503", "cut before", "slow"):
        for argv in (("put", "backups/new", SMALL, 2), ("get", "backups/old", SMALL, 1), ("list", "backups/")):
            server = Case(world, argv, {"backups/old": SMALL}).server()
            server.fault = nth("*", 1, fault, 0)
            world.environment["STOP_AFTER_MS"] = "300"
            result = world.operate(world.at(server), *argv)
            del world.environment["STOP_AFTER_MS"]
            assert result.seconds < 10, f"{argv}: {fault}: {result.seconds:.1f} s"
            assert result.ok or result.err.startswith("9: "), f"{argv}: {fault}: {result.err}"
            seen.append(f"{argv[0]} {fault}")
    return seen


def test_a_stop_in_the_middle_of_an_upload_leaves_no_parts(world):
    server = world.fake()
    result = world.operate(world.at(server), "stop", "backups/new", LARGE)
    assert result.err.startswith("9: "), result.err
    assert "CreateMultipartUpload" in server.operations() and not server.buckets["bucket"].uploads, server.transcript()
    assert not server.buckets["bucket"].objects


def test_what_a_killed_process_began_is_swept_by_age_and_prefix(world):
    server = world.fake(page=2)
    bucket, location = server.buckets["bucket"], world.at(server)
    for key in ("backups/a", "backups/b +%", "backups/b +%", "restores/c", "backups/d"):
        assert world.operate(location, "begin", key, LARGE).code == -9
    foreign, _ = bucket.create_upload("foreign/backups/a", {})
    assert len(bucket.uploads) == 6 and not bucket.objects
    hour = 60 * 60 * 1000
    world.expect(location, "sweep", "", hour)
    assert len(bucket.uploads) == 6
    for upload in bucket.uploads.values():
        upload.started -= 2 * 60 * 60
    world.expect(location, "sweep", "restores/", hour)
    assert sorted(u.key for u in bucket.uploads.values()) == ["fleet/backups/a", "fleet/backups/b +%", "fleet/backups/b +%", "fleet/backups/d",
                                                             "foreign/backups/a"]
    world.expect(location, "sweep", "", hour)
    assert list(bucket.uploads) == [foreign], server.transcript()


def test_another_clock_is_no_failure(world):
    for hours in (-5, 3):
        server = world.fake()
        server.clock_offset = hours * 60 * 60
        location = world.at(server)
        world.expect(location, "put", "a", LARGE, 1)
        assert world.expect(location, "get", "a", LARGE, 1) == "whole\n"
        assert world.expect(location, "list", "") == "a\n"


def test_a_store_works_while_every_fifth_request_fails(world):
    faults = [f for f in TRANSIENT if f != "slow"]
    server = world.fake(page=100)
    server.fault = lambda request: faults[request.number // 5 % len(faults)] if request.number % 5 == 0 else None
    start = time.time()
    try:
        return world.conform(world.at(server))
    except AssertionError as error:
        raise AssertionError(f"{error}\n{time.time() - start:.0f} s\n{server.transcript()[-8000:]}") from None


assert set(ANSWERS) <= set(FAULTS)
