#include "cli/cluster.h"
#include "cli/commands.h"
#include "cli/output.h"

typedef struct VersionRequest {
        bool server;
        OutputFlags output;
        ClusterFlags cluster;
} VersionRequest;

static const Option options[] = {
        { OPT_ROW(OPTION_BOOL, VersionRequest, server, "server", NULL,
                  "the version of the Kubernetes API server too") },
        OPT_GROUP(VersionRequest, output, output_flags, "Output"),
        OPT_GROUP(VersionRequest, cluster, cluster_flags, "Cluster"),
        OPT_END,
};

static bool read_server(Cli *cli, const ClusterFlags *flags, Str *ret_version, Error *err) {
        AUTO(cluster_clear) Cluster cluster = { 0 };

        if (!cluster_open(cli, flags, NULL, &cluster, err))
                return false;
        *ret_version = arena_copy(cli->arena, discovery_server_version(cluster.discovery).git_version);
        return true;
}

static void print_json(Cli *cli, int format, Str server) {
        AUTO_JSON_MUT *doc = yyjson_mut_doc_new(NULL);
        JsonMutVal *root = yyjson_mut_obj(doc);

        json_put_str(doc, yyjson_mut_obj_add_obj(doc, root, "client"), "version", STR("v" GRAPNEL_VERSION));
        if (server.len)
                json_put_str(doc, yyjson_mut_obj_add_obj(doc, root, "server"), "version", server);
        output_value(cli, format, doc, root);
}

static bool run(Cli *cli, const CommandLine *line, const void *request, Error *err) {
        const VersionRequest *flags = request;
        Str server = STR("");

        (void) line;
        if (flags->server && !read_server(cli, &flags->cluster, &server, err))
                return false;
        if (flags->output.format != OUTPUT_TABLE) {
                print_json(cli, flags->output.format, server);
                return true;
        }
        fprintf(cli->out, "Client:\n\tVersion: v%s\n", GRAPNEL_VERSION);
        if (server.len)
                fprintf(cli->out, "Server:\n\tKubernetes: " STR_FMT "\n", STR_ARG(server));
        return true;
}

const Command cmd_version = {
        .name = "version",
        .arguments = "",
        .summary = "Print the version of grapnel",
        .example = "# Of grapnel and of the cluster.\n"
                   "grapnel version --server",
        .options = options,
        .request_size = sizeof(VersionRequest),
        .run = run,
};
