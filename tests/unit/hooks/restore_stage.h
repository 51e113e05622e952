/* restore_stage.h - a RestoreHooks without a cluster, or with a small one: events are told by the test, commands end as the
 * test says. */
#pragma once
#include "../restore/storing_cluster.h"
#include "base/clock.h"
#include "base/mem.h"
#include "hooks/restore_run_private.h"
#include "quoted_json.h"

typedef struct Stage {
        Arena arena;
        Faults faults;
        JsonDoc *spec_json;
        HookSpec spec;
        HookResults *results;
        HookGauges gauges;
        RestoreHooks *hooks;
        HookNamespace namespace;
        Stop *stop;
        Mutex lock;
        Buf commands, problems;
        const char *pod;    /* what a look at a pod finds; NULL: nothing */
        unsigned refusals;  /* that come before a command runs */
        bool is_look_stuck; /* a look at a pod takes until it is stopped */
        _Atomic bool is_looking;
        _Atomic bool is_held; /* the command "hold" goes on until it is not */
} Stage;

static inline bool look_at_pod(void *user, Str namespace, Str name, const Stop *stop, JsonDoc **ret_pod,
                               Error *err) {
        Stage *stage = user;

        stage->is_looking = true;
        if (stage->is_look_stuck && !stop_sleep_ms(stop, 60 * 1000))
                return error_set(err, ERROR_CANCELED, "interrupted");
        if (!stage->pod)
                return error_set(err, ERROR_NOT_FOUND, "no pod " STR_FMT "/" STR_FMT, STR_ARG(namespace),
                                 STR_ARG(name));
        *ret_pod = quoted_json(stage->pod);
        return true;
}

static inline void act(void *user, const ExecRequest *request, ExecOutput output, void *output_user,
                       const Stop *stop, ExecResult *ret_result) {
        Stage *stage = user;
        Str word = request->command.items[0];

        *ret_result = (ExecResult) { .end = EXEC_EXITED };
        mutex_lock(&stage->lock);
        bool is_refused = stage->refusals > 0;
        stage->refusals -= is_refused;
        buf_printf(&stage->commands, "%s" STR_FMT "/" STR_FMT ":" STR_FMT, stage->commands.len > 0 ? " " : "",
                   STR_ARG(request->pod), STR_ARG(request->container), STR_ARG(word));
        mutex_unlock(&stage->lock);
        if (is_refused) {
                ret_result->end = EXEC_REFUSED;
                ret_result->http_status = 503;
                ret_result->message = xasprintf("busy");
                return;
        }
        output(output_user, EXEC_STDOUT, word);
        if (str_equal(word, STR("long")) && !stop_sleep_ms(stop, 60 * 1000)) {
                ret_result->end = EXEC_CANCELED;
                ret_result->message = xasprintf("interrupted");
        } else if (str_equal(word, STR("hold"))) {
                while (stage->is_held && stop_sleep_ms(stop, 5))
                        ;
        } else if (str_equal(word, STR("false"))) {
                ret_result->exit_code = 1;
                ret_result->message = xasprintf("exit code 1");
        }
}

static inline void keep_problem(void *user, LogLevel level, Str namespace, Str message) {
        Stage *stage = user;

        (void) namespace;
        mutex_lock(&stage->lock);
        buf_printf(&stage->problems, "%s: " STR_FMT "\n", level == LOG_ERROR ? "error" : "warning",
                   STR_ARG(message));
        mutex_unlock(&stage->lock);
}

static const KubeResource stage_pods = {
        .version = { "v1", 2 }, .name = { "pods", 4 }, .kind = { "Pod", 3 }, .is_namespaced = true
};

static inline void stage_open_with(Stage *stage, const char *spec, KubeClient *client, unsigned workers) {
        Error err = { 0 };

        *stage = (Stage) { .stop = stop_new() };
        stage->faults.arena = &stage->arena;
        mutex_init(&stage->lock);
        stage->spec_json = quoted_json(spec);
        stage->spec = hook_spec_decode_restore(yyjson_doc_get_root(stage->spec_json), STR("spec.hooks"),
                                               &stage->arena, &stage->faults);
        CHECK_INT(stage->faults.errors, 0);
        CHECK(hook_results_new(&stage->results, &err));
        stage->hooks = restore_hooks_new(&(RestoreHooksOptions) {
                .client = client,
                .pods = &stage_pods,
                .port = { .get_pod = look_at_pod, .exec = act, .user = stage },
                .spec = &stage->spec,
                .results = stage->results,
                .gauges = &stage->gauges,
                .workers = workers,
                .stop = stage->stop,
                .on_problem = keep_problem,
                .user = stage,
        });
        stage->namespace =
                (HookNamespace) { .hooks = stage->hooks, .name = xasprintf("shop"), .known = hash_set_new() };
}

static inline void stage_open_in(Stage *stage, const char *spec, KubeClient *client) {
        stage_open_with(stage, spec, client, 4);
}

static inline void stage_open(Stage *stage, const char *spec) {
        stage_open_in(stage, spec, NULL);
}

static inline void stage_close(Stage *stage) {
        restore_hooks_free(stage->hooks);
        hash_set_free(stage->namespace.known);
        free(stage->namespace.name);
        hook_results_free(stage->results);
        yyjson_doc_free(stage->spec_json);
        buf_clear(&stage->commands);
        buf_clear(&stage->problems);
        mutex_destroy(&stage->lock);
        stop_free(stage->stop);
        arena_clear(&stage->arena);
}

static inline void tell(Stage *stage, KubeEvent event, const char *json) {
        AUTO_JSON *doc = json ? quoted_json(json) : NULL;

        (void) restore_hooks_take_event(&stage->namespace, event, yyjson_doc_get_root(doc));
}

static inline void restored(Stage *stage, const char *json) {
        AUTO_JSON *doc = quoted_json(json);

        restore_hooks_add_pod(stage->hooks, yyjson_doc_get_root(doc));
}

static inline const char *text(Buf *buf) {
        buf_add_char(buf, '\0');
        buf->len--;
        return buf->ptr;
}

static inline bool has_begun(Stage *stage, const char *command) {
        mutex_lock(&stage->lock);
        bool has = strstr(text(&stage->commands), command) != NULL;
        mutex_unlock(&stage->lock);
        return has;
}

static inline void wait_for(Stage *stage, const char *command) {
        for (int i = 0; !has_begun(stage, command); i++) {
                if (i == 1000)
                        fail_msg("%s did not begin", command);
                (void) stop_sleep_ms(NULL, 10);
        }
}

#define POD(name, uid, rest)                                                                                 \
        "{'metadata':{'name':'" name "','namespace':'shop','uid':'" uid "','labels':{'app':'web'}" rest
#define TWO_CONTAINERS "'spec':{'containers':[{'name':'a'},{'name':'b'}]}"
#define ON(node) "'spec':{'nodeName':'" node "','containers':[{'name':'a'},{'name':'b'}]}"
#define RUNNING(name) "{'name':'" name "','ready':true,'state':{'running':{}}}"
#define HOOK(command, more) "{'exec':{'command':['" command "']" more "}}"
#define SPEC(hooks) "{'resources':[{'name':'h','postHooks':[" hooks "]}]}"

#define OWNED ",'ownerReferences':[{'kind':'ReplicaSet','name':'web-5f','controller':true}]"
#define HASHED(name, uid)                                                                                    \
        "{'metadata':{'name':'" name "','namespace':'shop','uid':'" uid                                      \
        "','labels':{'app':'web','pod-template-hash':'5f'}" OWNED "}," TWO_CONTAINERS                        \
        ",'status':{'containerStatuses':[" RUNNING("a") "]}}"
#define DEPLOYMENT                                                                                           \
        "{'kind':'Deployment','metadata':{'name':'web','namespace':'shop'},'spec':{'replicas':2,'selector':" \
        "{'matchLabels':{'app':'web'}},'template':{'metadata':{'labels':{'app':'web'}}," TWO_CONTAINERS      \
        "}}}"

static inline void put(StoringCluster *cluster, const char *path, const char *json) {
        AUTO_JSON *doc = quoted_json(json);

        storing_put(cluster, path, doc);
}

#define SHOP "/api/v1/namespaces/shop/pods/"
