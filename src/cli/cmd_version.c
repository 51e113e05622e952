#include "base/clock.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/velero.h"
#include "kube/object.h"

enum { ASK_AGAIN_MS = 100 };

typedef struct VersionRequest {
        bool client_only;
        int64_t timeout_ms;
        OutputFlags output;
        VeleroFlags velero;
} VersionRequest;

typedef struct Versions { /* empty: not known */
        Str kubernetes, server;
} Versions;

static const Option options[] = {
        { OPT_ROW(OPTION_BOOL, VersionRequest, client_only, "client-only", NULL,
                  "ask neither the server nor the cluster") },
        { OPT_ROW(OPTION_DURATION, VersionRequest, timeout_ms, "timeout", "DURATION",
                  "how long to wait for the server's answer"),
          .otherwise = "5s" },
        OPT_GROUP(VersionRequest, output, output_flags, "Output"),
        OPT_GROUP(VersionRequest, velero, velero_flags, "In the cluster"),
        OPT_END,
};

static bool create_request(Cli *cli, const Velero *velero, JsonDoc **ret_request, Error *err) {
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        JsonMutVal *root = yyjson_mut_obj(doc), *metadata = json_mut_object(doc, root, "metadata");

        json_put_str(doc, root, "apiVersion", STR("velero.io/v1"));
        json_put_str(doc, root, "kind", STR("ServerStatusRequest"));
        json_put_str(doc, metadata, "generateName", STR("velero-cli-"));
        json_put_str(doc, metadata, "namespace", velero->namespace);
        (void) json_mut_object(doc, root, "spec");
        AUTO_JSON *fixed = yyjson_mut_val_imut_copy(root, NULL);
        return velero_create(cli, velero, "ServerStatusRequest", yyjson_doc_get_root(fixed), ret_request,
                             err);
}

/* What nobody answered, nobody deletes. */
static void delete_request(Cli *cli, const Velero *velero, Str name) {
        AUTO(error_clear) Error ignored = { 0 };
        KubeObject which = { .namespace = velero->namespace, .name = name };

        if (velero_resource(cli, velero, "ServerStatusRequest", &which.resource, &ignored))
                (void) !kube_delete(velero->cluster.client, &which, velero->stop, &ignored);
}

static bool ask_server(Cli *cli, const Velero *velero, int64_t deadline_ms, Str *ret_version, Error *err) {
        AUTO_JSON *request = NULL;

        if (!create_request(cli, velero, &request, err))
                return false;

        Str name = object_name(yyjson_doc_get_root(request));
        while (clock_ms() < deadline_ms) {
                AUTO_JSON *answer = NULL;

                if (!velero_get(cli, velero, "ServerStatusRequest", name, &answer, err))
                        return false;
                JsonVal *status = json_get(yyjson_doc_get_root(answer), "status");
                if (str_equal(json_get_str(status, "phase"), STR("Processed"))) {
                        *ret_version = arena_copy(cli->arena, json_get_str(status, "serverVersion"));
                        return true;
                }
                if (!stop_sleep_ms(velero->stop, ASK_AGAIN_MS))
                        break;
        }
        delete_request(cli, velero, name);
        return error_set(err, ERROR_TIMEOUT,
                         "no server answered in time; is one running that serves namespace \"" STR_FMT "\"?",
                         STR_ARG(velero->namespace));
}

static bool ask(Cli *cli, const VersionRequest *flags, Versions *versions, Error *err) {
        int64_t deadline_ms = clock_ms() + flags->timeout_ms;
        AUTO(velero_clear) Velero velero = { 0 };
        VeleroFlags where = flags->velero;

        if (where.cluster.request_timeout_ms > flags->timeout_ms)
                where.cluster.request_timeout_ms = flags->timeout_ms > 0 ? flags->timeout_ms : 1;
        if (!velero_open(cli, &where, &velero, err))
                return false;
        versions->kubernetes =
                arena_copy(cli->arena, discovery_server_version(velero.cluster.discovery).git_version);
        return ask_server(cli, &velero, deadline_ms, &versions->server, err);
}

static void put_version(JsonMutDoc *doc, JsonMutVal *root, const char *key, Str version) {
        if (version.len)
                json_put_str(doc, yyjson_mut_obj_add_obj(doc, root, key), "version", version);
}

static void print_json(Cli *cli, int format, const Versions *versions) {
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        JsonMutVal *root = yyjson_mut_obj(doc);

        put_version(doc, root, "client", STR("v" GRAPNEL_VERSION));
        put_version(doc, root, "server", versions->server);
        put_version(doc, root, "kubernetes", versions->kubernetes);
        output_value(cli, format, doc, root);
}

static void print_text(Cli *cli, const Versions *versions) {
        fprintf(cli->out, "Client:\n\tVersion: v%s\n", GRAPNEL_VERSION);
        if (versions->server.len)
                fprintf(cli->out, "Server:\n\tVersion: " STR_FMT "\n", STR_ARG(versions->server));
        if (versions->kubernetes.len)
                fprintf(cli->out, "Kubernetes:\n\tVersion: " STR_FMT "\n", STR_ARG(versions->kubernetes));
}

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        const VersionRequest *flags = request;
        Versions versions = { 0 };
        AUTO(error_clear) Error reason = { 0 };

        (void) line;
        (void) err;
        /* That nobody answers is no failure: the client's version was asked for as well (as in Velero). */
        if (!flags->client_only && !ask(cli, flags, &versions, &reason))
                cli_warn(cli, str_of(arena_printf(cli->arena, "the server's version is not known: %s",
                                                  reason.message)));
        if (flags->output.format == OUTPUT_TABLE)
                print_text(cli, &versions);
        else
                print_json(cli, flags->output.format, &versions);
        return true;
}

const Command cmd_version = {
        .name = "version",
        .arguments = "",
        .summary = "Print the version of grapnel, of the cluster's server and of Kubernetes",
        .details =
                "The server is asked by a ServerStatusRequest. When it does not answer there is a warning, "
                "and the exit code is 0.",
        .example = "# Of all.\n"
                   "grapnel version\n\n"
                   "# Of this program only; \"grapnel --version\" is the same.\n"
                   "grapnel version --client-only",
        .options = options,
        .request_size = sizeof(VersionRequest),
        .run = run,
};
