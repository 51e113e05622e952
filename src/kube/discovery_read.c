#include "kube/client_internal.h"
#include "kube/discovery_build.h"
#include "net/url.h"

enum {
        /* Whoever mistyped an address wants to know now; only later is a server that is away waited for. */
        FIRST_CONTACT_MS = 15 * 1000,
        /* A group whose server is away must not hold the backup up for the whole deadline of a call. */
        GROUP_TIMEOUT_MS = 10 * 1000,
};

/* Both forms in one go: a server that does not know aggregated discovery answers plain JSON. */
static const char *const accept_aggregated =
        "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
        "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

static bool get(KubeClient *client, Str path, const char *accept, const Stop *stop, JsonDoc **ret_doc,
                Error *err) {
        KubeCall call = { .method = "GET", .path = path, .accept = accept, .about = STR("discovery") };

        return kube_call(client, &call, stop, ret_doc, err);
}

static bool is_aggregated(JsonDoc *doc) {
        return str_equal(json_get_str(yyjson_doc_get_root(doc), "kind"), STR("APIGroupDiscoveryList"));
}

static bool read_group_version(KubeClient *client, DiscoveryBuilder *builder, JsonVal *version, Str group,
                               const Stop *stop, Error *err) {
        AUTO(buf_clear) Buf path = { 0 };
        AUTO(error_clear) Error failure = { 0 };
        AUTO_JSON *doc = NULL;
        Str name = json_get_str(version, "version");

        buf_add(&path, STR("/apis/"));
        url_escape(group, &path);
        buf_add_char(&path, '/');
        url_escape(name, &path);
        if (get(client, buf_str(&path), NULL, stop, &doc, &failure))
                return discovery_add(builder, yyjson_doc_get_root(doc), err);
        if (failure.code == ERROR_CANCELED)
                return stop_check(stop, err);
        discovery_add_failure(builder, group, name, str_of(failure.message));
        return true;
}

static bool read_group(KubeClient *client, DiscoveryBuilder *builder, JsonVal *group, const Stop *stop,
                       Error *err) {
        Str name = json_get_str(group, "name"),
            preferred = json_get_str(json_get(group, "preferredVersion"), "version");
        size_t i, max;
        JsonVal *version;

        for (int pass = 0; pass < 2; pass++) { /* the preferred version first */
                yyjson_arr_foreach(json_get(group, "versions"), i, max, version) {
                        bool is_preferred = str_equal(json_get_str(version, "version"), preferred);

                        if (is_preferred == (pass == 0) &&
                            !read_group_version(client, builder, version, name, stop, err))
                                return false;
                }
        }
        return true;
}

static bool read_core(KubeClient *client, DiscoveryBuilder *builder, const Stop *stop, Error *err) {
        AUTO_JSON *doc = NULL, *list = NULL;

        if (!get(client, STR("/api"), accept_aggregated, stop, &doc, err))
                return false;
        if (is_aggregated(doc))
                return discovery_add(builder, yyjson_doc_get_root(doc), err);
        return get(client, STR("/api/v1"), NULL, stop, &list, err) &&
               discovery_add(builder, yyjson_doc_get_root(list), err);
}

static bool read_groups(KubeClient *client, DiscoveryBuilder *builder, const Stop *stop, Error *err) {
        AUTO(kube_client_freep) KubeClient *impatient = kube_client_with_timeout(client, GROUP_TIMEOUT_MS);
        AUTO_JSON *doc = NULL;
        size_t i, max;
        JsonVal *group;

        if (!get(client, STR("/apis"), accept_aggregated, stop, &doc, err))
                return false;
        if (is_aggregated(doc))
                return discovery_add(builder, yyjson_doc_get_root(doc), err);
        yyjson_arr_foreach(json_get(yyjson_doc_get_root(doc), "groups"), i, max, group) {
                if (!read_group(impatient, builder, group, stop, err))
                        return false;
        }
        return true;
}

/* Only told to people; a server that keeps it to itself is no reason to fail. */
static bool read_version(KubeClient *client, DiscoveryBuilder *builder, const Stop *stop, Error *err) {
        AUTO(kube_client_freep)
        KubeClient *hasty = kube_client_with_timeout(
                client, client->timeout_ms < FIRST_CONTACT_MS ? client->timeout_ms : FIRST_CONTACT_MS);
        AUTO(error_clear) Error failure = { 0 };
        AUTO_JSON *doc = NULL;

        if (get(hasty, STR("/version"), NULL, stop, &doc, &failure)) {
                discovery_set_version(builder, yyjson_doc_get_root(doc));
                return true;
        }
        if (failure.code == ERROR_FORBIDDEN || failure.code == ERROR_NOT_FOUND)
                return true;
        return error_set(err, failure.code, "%s", failure.message);
}

bool discovery_read(KubeClient *client, const Stop *stop, Discovery **ret_discovery, Error *err) {
        AUTO(discovery_builder_freep) DiscoveryBuilder *builder = discovery_builder_new();

        if (!read_version(client, builder, stop, err) || !read_core(client, builder, stop, err) ||
            !read_groups(client, builder, stop, err))
                return false;
        *ret_discovery = discovery_finish(builder);
        return true;
}
