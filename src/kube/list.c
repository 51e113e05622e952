#include "kube/list.h"

#include "base/clock.h"
#include "kube/list_internal.h"
#include "net/url.h"

enum {
        PAGE_ITEMS = 500,
        PAGE_BYTES_AIM = 1024 * 1024, /* the next page asks for as many objects as should fill this */
        PAGE_BYTES_MAX =
                8 * 1024 * 1024, /* a page over it is dropped and asked for again with fewer objects */
        /* For a server that does not page, and for single objects. */
        REPLY_BYTES_MAX = 256 * 1024 * 1024,
        RESTARTS_MAX = 10,
};

Str list_describe(const KubeList *list, const char *verb, Arena *arena) {
        Str name = kube_resource_group_resource(list->resource, arena);
        bool is_one_namespace = list->resource->is_namespaced && list->namespace.len > 0;

        return str_of(arena_printf(arena, "%s " STR_FMT "%s" STR_FMT "%s", verb, STR_ARG(name),
                                   is_one_namespace ? " in namespace \"" : "",
                                   STR_ARG(is_one_namespace ? list->namespace : STR("")),
                                   is_one_namespace ? "\"" : ""));
}

void list_add_path(const KubeList *list, Buf *path) {
        AUTO(arena_clear) Arena arena = { 0 };

        buf_add(path, kube_resource_path(list->resource, list->namespace, STR(""), &arena));
        if (list->label_selector.len > 0)
                url_add_query(path, "labelSelector", list->label_selector);
        if (list->field_selector.len > 0)
                url_add_query(path, "fieldSelector", list->field_selector);
}

typedef struct Pages {
        const ListRun *run;
        Str about;
        Buf reply; /* one for all pages, so that the memory is one page */
        Buf path;
        Buf token; /* continue; empty at the start */
        unsigned limit, limit_max;
        unsigned restarts;
        bool is_restart;
} Pages;

static void pages_clear(Pages *pages) {
        buf_clear(&pages->reply);
        buf_clear(&pages->path);
        buf_clear(&pages->token);
}

/* Memory is bounded by the bytes of a page, not by its number of objects, which may be 1 MB each. */
static void adapt_limit(Pages *pages, size_t items) {
        size_t fitting;

        if (items == 0)
                return;
        fitting = PAGE_BYTES_AIM / (pages->reply.len / items + 1);
        if (fitting < 1)
                fitting = 1;
        pages->limit = fitting < pages->limit_max ? (unsigned) fitting : pages->limit_max;
}

static bool is_too_large(const Pages *pages, const Error *err) {
        return pages->reply.overflowed && err->code == ERROR_INVALID;
}

/* Cut connections and busy servers are tried again inside kube_fetch, with the same token. */
static bool fetch_page(Pages *pages, const Stop *stop, Error *err) {
        for (;;) {
                int64_t deadline_ms = clock_ms() + pages->run->client->timeout_ms;
                KubeCall call = { .method = "GET", .about = pages->about };
                AUTO(arena_clear) Arena arena = { 0 };

                if (pages->run->deadline_ms != 0 && pages->run->deadline_ms < deadline_ms)
                        deadline_ms = pages->run->deadline_ms;
                buf_reset(&pages->path);
                list_add_path(pages->run->list, &pages->path);
                url_add_query(&pages->path, "limit", str_of(arena_printf(&arena, "%u", pages->limit)));
                if (pages->token.len > 0)
                        url_add_query(&pages->path, "continue", buf_str(&pages->token));
                if (!buf_check(&pages->path, "the list's address", err))
                        return error_prefix(err, STR_FMT, STR_ARG(pages->about));
                call.path = buf_str(&pages->path);
                pages->reply.limit = pages->limit > 1 ? PAGE_BYTES_MAX : REPLY_BYTES_MAX;
                if (kube_fetch(pages->run->client, &call, deadline_ms, stop, &pages->reply, err))
                        return true;
                if (!is_too_large(pages, err) || pages->limit == 1)
                        return false;
                pages->limit = pages->limit > 4 ? pages->limit / 4 : 1;
                error_clear(err);
        }
}

/* One page to the sink; ret_is_last when there is no more. */
static bool give_page(Pages *pages, bool *ret_is_last, Error *err) {
        AUTO_JSON *doc = NULL;
        JsonVal *metadata;
        Str token;
        KubePage page;

        if (!json_parse(buf_str(&pages->reply), "the server's list", &doc, err))
                return error_prefix(err, STR_FMT, STR_ARG(pages->about));
        metadata = json_get(yyjson_doc_get_root(doc), "metadata");
        page = (KubePage) { .items = json_get(yyjson_doc_get_root(doc), "items"),
                            .resource_version = json_get_str(metadata, "resourceVersion"),
                            .remaining = json_get_int(metadata, "remainingItemCount", -1),
                            .is_restart = pages->is_restart };
        if (metadata == NULL ||
            (page.items != NULL && !yyjson_is_arr(page.items) && !yyjson_is_null(page.items)))
                return error_set(err, ERROR_CORRUPT, STR_FMT ": the reply is not a list",
                                 STR_ARG(pages->about));
        token = json_get_str(metadata, "continue");
        *ret_is_last = token.len == 0;
        adapt_limit(pages, yyjson_arr_size(page.items));
        buf_reset(&pages->token);
        buf_add(&pages->token, token);
        pages->is_restart = false;
        return pages->run->sink(pages->run->user, &page, err);
}

bool list_run(const ListRun *run, const Stop *stop, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(pages_clear)
        Pages pages = { .run = run,
                        .about = list_describe(run->list, "list", &arena),
                        .limit_max = run->list->page_size ? run->list->page_size : PAGE_ITEMS };

        pages.limit = pages.limit_max;
        for (bool is_last = false; !is_last;) {
                if (fetch_page(&pages, stop, err)) {
                        if (!give_page(&pages, &is_last, err))
                                return false;
                        continue;
                }
                /* The token is of a state that the server has forgotten: from the start, with a new one. */
                if (err->code != ERROR_GONE || pages.token.len == 0 || pages.restarts == RESTARTS_MAX)
                        return false;
                error_clear(err);
                pages.restarts++;
                pages.is_restart = true;
                buf_reset(&pages.token);
        }
        return true;
}

bool kube_list(KubeClient *client, const KubeList *list, KubePageSink sink, void *user, const Stop *stop,
               Error *err) {
        ListRun run = { .client = client, .list = list, .sink = sink, .user = user };

        return list_run(&run, stop, err);
}
