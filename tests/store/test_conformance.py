"""The behaviours of conformance.c over every kind of store."""


def test_a_directory_is_a_store(world):
    return world.conform(world.directory())
