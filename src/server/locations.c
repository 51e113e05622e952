#include "server/locations.h"

#include "kube/secret_value.h"
#include "server/objects.h"

enum { LOOK_RETRY_MS = 15 * 1000 };

/* What a location says, without what its Secrets hold. */
static StoreLocation described(const Location *location) {
        return (StoreLocation) { .provider = location->provider,
                                 .bucket = location->bucket,
                                 .prefix = location->prefix,
                                 .config = location->config,
                                 .ca_pem = location->ca_pem };
}

static bool decode(JsonDoc *doc, OpenLocation *open, Error *err) {
        Faults faults = { .arena = &open->arena };
        StoreLocation store;

        open->doc = doc;
        open->location = location_decode(yyjson_doc_get_root(doc), &open->arena, &faults);
        store = described(&open->location);
        store_location_check(&store, &faults);
        return faults_check(&faults, err);
}

void open_location_clear(OpenLocation *open) {
        store_free(open->store);
        yyjson_doc_free(open->doc);
        arena_clear(&open->arena);
        *open = (OpenLocation) { 0 };
}

static bool get(const Server *server, Str name, JsonDoc **ret_doc, Error *err) {
        *ret_doc = kinds_get(server->kinds, KIND_LOCATION, name);
        return *ret_doc ||
               error_set(err, ERROR_NOT_FOUND,
                         "there is no backup storage location \"" STR_FMT "\" in namespace \"" STR_FMT "\"",
                         STR_ARG(name), STR_ARG(server->options->namespace));
}

static bool name_it(Str name, Error *err) {
        return error_prefix(err, "backup storage location \"" STR_FMT "\"", STR_ARG(name));
}

bool location_find(const Server *server, Str name, OpenLocation *ret_open, Error *err) {
        AUTO(open_location_clear) OpenLocation open = { 0 };
        JsonDoc *doc;

        if (!get(server, name, &doc, err))
                return false;
        if (!decode(doc, &open, err))
                return name_it(name, err);
        *ret_open = open;
        open = (OpenLocation) { 0 };
        return true;
}

typedef struct LocationSecrets {
        Secret credentials, ca_pem, customer_key;
} LocationSecrets;

static void secrets_clear(LocationSecrets *secrets) {
        secret_clear(&secrets->credentials);
        secret_clear(&secrets->ca_pem);
        secret_clear(&secrets->customer_key);
}

static bool read_secrets(const Server *server, const Location *location, const StoreLocation *store,
                         LocationSecrets *secrets, Error *err) {
        Str customer, customer_key;

        store_location_customer_secret(store, &customer, &customer_key);
        const struct {
                const char *path;
                Str name, key;
                Secret *value;
        } wanted[] = {
                { "spec.credential", location->credential_name, location->credential_key,
                  &secrets->credentials },
                { "spec.objectStorage.caCertRef", location->ca_secret_name, location->ca_secret_key,
                  &secrets->ca_pem },
                { "spec.config.customerKeyEncryptionSecret", customer, customer_key, &secrets->customer_key },
        };
        for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
                const KubeSecretKey which = { server->options->namespace, wanted[i].name, wanted[i].key };

                if (wanted[i].name.len > 0 &&
                    !kube_secret_value(server->client, &which, server->stop, wanted[i].value, err))
                        return error_prefix(err, "%s", wanted[i].path);
        }
        return true;
}

static bool open_store(const Server *server, int64_t retry_ms, const Stop *stop, OpenLocation *open,
                       Error *err) {
        AUTO(secrets_clear) LocationSecrets secrets = { 0 };
        const Location *location = &open->location;
        StoreLocation store = described(location);

        store.retry_ms = retry_ms;
        if (!read_secrets(server, location, &store, &secrets, err))
                return false;
        store.credentials = secrets.credentials;
        if (location->credential_name.len > 0)
                store.credentials_name = str_of(
                        arena_printf(&open->arena, "key \"" STR_FMT "\" of Secret \"" STR_FMT "\"",
                                     STR_ARG(location->credential_key), STR_ARG(location->credential_name)));
        store.customer_key = secrets.customer_key;
        if (!secret_is_empty(&secrets.ca_pem))
                store.ca_pem = secret_reveal(&secrets.ca_pem);
        return store_open_location(&store, stop, &open->store, err);
}

static bool find_and_open(const Server *server, Str name, int64_t retry_ms, const Stop *stop,
                          OpenLocation *ret_open, Error *err) {
        AUTO(open_location_clear) OpenLocation open = { 0 };

        if (!location_find(server, name, &open, err))
                return false;
        if (!open_store(server, retry_ms, stop, &open, err))
                return name_it(name, err);
        *ret_open = open;
        open = (OpenLocation) { 0 };
        return true;
}

bool location_open(const Server *server, Str name, const Stop *stop, OpenLocation *ret_open, Error *err) {
        return find_and_open(server, name, 0, stop, ret_open, err);
}

bool location_look(const Server *server, Str name, OpenLocation *ret_open, Error *err) {
        return find_and_open(server, name, LOOK_RETRY_MS, server->stop, ret_open, err);
}

bool location_try(const Server *server, Str name, OpenLocation *ret_open, Error *err) {
        AUTO(open_location_clear) OpenLocation open = { 0 };
        JsonDoc *doc;

        if (!get(server, name, &doc, err) || !decode(doc, &open, err) ||
            !open_store(server, LOOK_RETRY_MS, server->stop, &open, err) ||
            !store_location_validate(open.store, err))
                return false;
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
                                    "backup storage location \"" STR_FMT "\" is not Available: " STR_FMT,
                                    STR_ARG(location->name),
                                    STR_ARG(location->message.len > 0 ? location->message
                                                                      : STR("it has not been tried yet")));
        return "";
}

Str location_refusal(const Server *server, Str name, bool to_write, Arena *arena) {
        AUTO(open_location_clear) OpenLocation open = { 0 };
        AUTO(error_clear) Error err = { 0 };

        if (!location_find(server, name, &open, &err))
                return arena_copy(arena, str_of(err.message));
        return str_of(refusal(&open.location, to_write, arena));
}
