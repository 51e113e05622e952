#include "server/locations.h"

#include "server/objects.h"

static bool decode(JsonDoc *doc, OpenLocation *open, Error *err) {
        Faults faults = { .arena = &open->arena };
        StoreLocation store;

        open->doc = doc;
        open->location = location_decode(yyjson_doc_get_root(doc), &open->arena, &faults);
        store = (StoreLocation) { open->location.provider, open->location.bucket, open->location.prefix,
                                  open->location.config };
        store_location_check(&store, &faults);
        return faults_check(&faults, err);
}

void open_location_clear(OpenLocation *open) {
        store_free(open->store);
        yyjson_doc_free(open->doc);
        arena_clear(&open->arena);
        *open = (OpenLocation) { 0 };
}

bool location_find(const Server *server, Str name, OpenLocation *ret_open, Error *err) {
        AUTO(open_location_clear) OpenLocation open = { 0 };
        JsonDoc *doc = kinds_get(server->kinds, KIND_LOCATION, name);

        if (!doc)
                return error_set(err, ERROR_NOT_FOUND,
                                 "there is no backup storage location \"" STR_FMT "\" in namespace \"" STR_FMT
                                 "\"",
                                 STR_ARG(name), STR_ARG(server->options->namespace));
        if (!decode(doc, &open, err))
                return error_prefix(err, "backup storage location \"" STR_FMT "\"", STR_ARG(name));
        *ret_open = open;
        open = (OpenLocation) { 0 };
        return true;
}

bool location_open(const Server *server, Str name, const Stop *stop, OpenLocation *ret_open, Error *err) {
        AUTO(open_location_clear) OpenLocation open = { 0 };
        StoreLocation store;

        if (!location_find(server, name, &open, err))
                return false;
        store = (StoreLocation) { open.location.provider, open.location.bucket, open.location.prefix,
                                  open.location.config };
        if (!store_open_location(&store, stop, &open.store, err))
                return error_prefix(err, "backup storage location \"" STR_FMT "\"", STR_ARG(name));
        *ret_open = open;
        open = (OpenLocation) { 0 };
        return true;
}

typedef struct DefaultSearch {
        Arena *arena;
        Str name;
} DefaultSearch;

static bool see_default(void *user, JsonVal *object) {
        DefaultSearch *search = user;

        if (!json_get_bool(json_get(object, "spec"), "default", false))
                return true;
        search->name = arena_copy(search->arena, object_name(object));
        return false;
}

Str location_default(const Server *server, Arena *arena) {
        DefaultSearch search = { .arena = arena, .name = STR("") };

        kinds_each(server->kinds, KIND_LOCATION, see_default, &search);
        return search.name.len > 0 ? search.name : server->options->default_location;
}

static const char *refusal(const Location *location, bool to_write, Arena *arena) {
        if (to_write && location->is_read_only)
                return arena_printf(arena,
                                    "backup storage location \"" STR_FMT
                                    "\" is ReadOnly: nothing is written to it or deleted from it",
                                    STR_ARG(location->name));
        if (!str_equal(location->phase, STR("Available")))
                return arena_printf(arena,
                                    "backup storage location \"" STR_FMT
                                    "\" is not Available (its status says why)",
                                    STR_ARG(location->name));
        return "";
}

Str location_refusal(const Server *server, Str name, bool to_write, Arena *arena) {
        AUTO(open_location_clear) OpenLocation open = { 0 };
        AUTO(error_clear) Error err = { 0 };

        if (!location_find(server, name, &open, &err))
                return arena_copy(arena, str_of(err.message));
        return str_of(refusal(&open.location, to_write, arena));
}
