"""The behaviours of conformance.c over every kind of store."""


def test_a_directory_is_a_store(world):
    return world.conform(world.directory())


NO_CONTROL = "a_key_may_hold_control_characters"  # the real server has no encoding-type=url, and XML 1.0 no such characters


def test_a_bucket_of_a_real_server_is_a_store(world):
    return world.conform(world.real(), NO_CONTROL)


def test_a_bucket_by_https_and_by_host_is_a_store(world):
    return world.conform(world.real("--tls", "--region", "tide", by_host=True), NO_CONTROL)


def test_a_bucket_that_lists_few_keys_a_page_is_a_store(world):
    return world.conform(world.at(world.fake(page=7)))


def test_a_whole_bucket_without_a_prefix_is_a_store(world):
    return world.conform(world.at(world.fake(page=400), prefix=""))
