#include "backup/collect.h"

#include "kube/list.h"
#include "kube/object.h"

static void add_job(CollectJobs *jobs, Arena *arena, CollectJob job) {
        if (jobs->len == jobs->capacity) {
                size_t capacity = jobs->capacity ? jobs->capacity * 2 : 64;
                CollectJob *grown = arena_alloc(arena, capacity * sizeof(*grown));

                if (jobs->len > 0)
                        memcpy(grown, jobs->items, jobs->len * sizeof(*grown));
                jobs->items = grown;
                jobs->capacity = capacity;
        }
        jobs->items[jobs->len++] = job;
}

/* One list for each selector; objects that several choose are told apart by the set of seen ones. */
static void add_lists(const Engine *engine, CollectJob job, Arena *arena, CollectJobs *jobs) {
        const Filter *filter = &engine->filter;

        /* Where a policy judges objects one by one, the server can't select for it. */
        if (job.takes_all || filter->selectors_len == 0 ||
            (filter->policy && policy_judges_items(filter->policy))) {
                add_job(jobs, arena, job);
                return;
        }
        for (size_t i = 0; i < filter->selectors_len; i++) {
                job.selector = label_selector_text(&filter->selectors[i], arena);
                add_job(jobs, arena, job);
        }
}

void collect_add_ordered(const EngineKind *kind, Arena *arena, CollectJobs *jobs) {
        if (kind->ordered)
                add_job(jobs, arena,
                        (CollectJob) { .kind = kind,
                                       .namespace = STR(""),
                                       .selector = STR(""),
                                       .is_ordered = true });
}

static void add_in_namespaces(const Engine *engine, CollectJob job, Arena *arena, CollectJobs *jobs) {
        const Filter *filter = &engine->filter;

        if (!job.kind->filter.is_namespaced || filter_has_all_namespaces(filter)) {
                add_lists(engine, job, arena, jobs);
                return;
        }
        for (size_t i = 0; i < filter->namespaces_included.len; i++) {
                job.namespace = filter->namespaces_included.items[i];
                if (filter_has_namespace(filter, job.namespace) &&
                    (!engine->has_namespaces || strs_has(&engine->namespaces, job.namespace)))
                        add_lists(engine, job, arena, jobs);
        }
}

void collect_add_kind(const Engine *engine, const EngineKind *kind, Arena *arena, CollectJobs *jobs) {
        add_in_namespaces(engine, (CollectJob) { .kind = kind, .namespace = STR(""), .selector = STR("") },
                          arena, jobs);
}

void collect_add_all(const Engine *engine, const EngineKind *kind, Arena *arena, CollectJobs *jobs) {
        add_in_namespaces(
                engine,
                (CollectJob) { .kind = kind, .namespace = STR(""), .selector = STR(""), .takes_all = true },
                arena, jobs);
}

bool collect_store(void *user, Worker *worker, const EngineKind *kind, JsonVal *object, Error *err) {
        (void) user;
        return worker_store(worker, kind, object, err);
}

typedef struct Collection {
        Engine *engine;
        const CollectJobs *jobs;
        _Atomic size_t next;
        CollectVisit visit;
        void *user;
} Collection;

typedef struct PageReader { /* one job, in one thread */
        Collection *collection;
        Worker *worker;
        const CollectJob *job;
        bool has_pages;  /* the first page was read */
        bool has_failed; /* what the sink did failed, not the list */
} PageReader;

/* Names of namespaces come in runs, so the shared set is asked once for each run. */
static void mark_namespace(Worker *worker, const EngineKind *kind, JsonVal *object) {
        Str namespace = object_namespace(object);

        if (!kind->filter.is_namespaced || str_equal(namespace, worker->last_namespace) ||
            item_is_deleted(object) || !filter_has_namespace(&worker->engine->filter, namespace))
                return;
        hash_set_add(worker->engine->touched, &namespace, 1);
        worker->last_namespace = arena_copy(&worker->arena, namespace);
}

static bool visit_object(PageReader *reader, JsonVal *object, Error *err) {
        const EngineKind *kind = reader->job->kind;
        Worker *worker = reader->worker;

        bool is_selected = filter_selects(&worker->engine->filter, kind->filter, object);

        if (!is_selected && !reader->job->takes_all)
                return true;
        if (is_selected)
                mark_namespace(worker, kind, object);
        if (reader->collection->visit(reader->collection->user, worker, kind, object, err))
                return true;
        reader->has_failed = true;
        return false;
}

static bool read_page(void *user, const KubePage *page, Error *err) {
        PageReader *reader = user;
        BackupProgress *progress = reader->worker->engine->run->progress;
        size_t i, count;
        JsonVal *object;

        if (!reader->has_pages) {
                progress->items_total += yyjson_arr_size(page->items);
                progress->items_total += page->remaining > 0 ? (uint64_t) page->remaining : 0;
        }
        reader->has_pages = true;
        yyjson_arr_foreach(page->items, i, count, object) {
                if (engine_is_over(reader->worker->engine)) {
                        reader->has_failed = true;
                        return error_set(err, ERROR_CANCELED, "interrupted");
                }
                if (!visit_object(reader, object, err))
                        return false;
        }
        reader->worker->last_namespace = STR("");
        arena_reset(&reader->worker->arena);
        return true;
}

static void log_job(const Engine *engine, const CollectJob *job, LogLevel level, const char *message,
                    Str error) {
        LogField fields[5];
        size_t count = 0;

        fields[count++] = FIELD("group", job->kind->item.api_version);
        fields[count++] = FIELD("resource", job->kind->resource->name);
        if (job->selector.len > 0)
                fields[count++] = FIELD("selector", job->selector);
        if (error.len > 0)
                fields[count++] = FIELD("error", error);
        /* Without this field the results file takes the line for one about the whole backup, as it is. */
        if (job->namespace.len > 0)
                fields[count++] = FIELD("namespace", job->namespace);
        log_line(engine->log, level, fields, count, "%s", message);
}

static bool list(PageReader *reader, Error *err) {
        const Engine *engine = reader->worker->engine;
        const CollectJob *job = reader->job;
        KubeList what = { .resource = job->kind->resource,
                          .namespace = job->namespace,
                          .label_selector = job->selector,
                          .field_selector = STR(""),
                          .page_size = engine->run->page_size };

        log_job(engine, job, LOG_INFO, "Listing items", STR(""));
        if (kube_list(engine->run->client, &what, read_page, reader, engine->run->stop, err))
                return true;
        if (reader->has_failed || err->code == ERROR_CANCELED)
                return false;
        log_job(engine, job, LOG_ERROR, "Error listing items", str_of(err->message));
        error_clear(err);
        return true;
}

static bool visit_ordered(PageReader *reader, Str entry, Error *err) {
        AUTO(error_clear) Error cause = { 0 };
        AUTO_JSON *object = NULL;
        const EngineKind *kind = reader->job->kind;
        const Engine *engine = reader->worker->engine;
        Str namespace, name;

        order_split(entry, &namespace, &name);
        if (kube_get(engine->run->client, kind->resource, namespace, name, engine->run->stop, &object,
                     &cause))
                return visit_object(reader, yyjson_doc_get_root(object), err);
        if (cause.code == ERROR_CANCELED) {
                *err = cause;
                cause = (Error) { 0 };
                return false;
        }
        log_line(engine->log, cause.code == ERROR_NOT_FOUND ? LOG_WARN : LOG_ERROR,
                 FIELDS(FIELD("resource", kind->filter.group_resource), FIELD("namespace", namespace),
                        FIELD("name", name), FIELD("error", str_of(cause.message))),
                 "Cannot find an item of orderedResources");
        return true;
}

static bool fetch_ordered(PageReader *reader, Error *err) {
        const Strs *names = reader->job->kind->ordered;

        for (size_t i = 0; i < names->len; i++) {
                if (engine_is_over(reader->worker->engine))
                        return error_set(err, ERROR_CANCELED, "interrupted");
                if (!visit_ordered(reader, names->items[i], err))
                        return false;
        }
        return true;
}

static void work(void *user) {
        Collection *collection = user;
        AUTO(error_clear) Error err = { 0 };
        AUTO(worker_clear) Worker worker = { 0 };
        bool is_well = true;

        worker_init(&worker, collection->engine);
        while (is_well && !engine_is_over(collection->engine)) {
                size_t number = collection->next++;
                PageReader reader = { .collection = collection, .worker = &worker };

                if (number >= collection->jobs->len)
                        break;
                reader.job = &collection->jobs->items[number];
                is_well = reader.job->is_ordered ? fetch_ordered(&reader, &err) : list(&reader, &err);
        }
        if (!is_well || !worker_flush(&worker, &err))
                engine_fail(collection->engine, &err);
}

void collect_run(Engine *engine, const CollectJobs *jobs, CollectVisit visit, void *user) {
        Collection collection = { .engine = engine, .jobs = jobs, .visit = visit, .user = user };
        unsigned workers = engine->run->workers ? engine->run->workers : 1;

        if (jobs->len == 0 || engine_is_over(engine))
                return;
        thread_run_many(jobs->len < workers ? (unsigned) jobs->len : workers, work, &collection);
}
