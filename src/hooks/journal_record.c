#include "hooks/journal_record.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/map.h"
#include "base/quote.h"

#define LINE_START "{\"crc\":\""
enum { CRC_LEN = 8, BODY_AT = sizeof LINE_START - 1 + CRC_LEN + sizeof "\"," - 1 };
enum { CALLS_MAX = 10000, WORDS_MAX = 10000 };

static uint32_t crc32_of(Str bytes) {
        uint32_t crc = UINT32_MAX;

        for (size_t i = 0; i < bytes.len; i++) {
                crc ^= (unsigned char) bytes.ptr[i];
                for (int bit = 0; bit < 8; bit++)
                        crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
        }
        return ~crc;
}

void journal_record_add(Str body, Buf *into) {
        AUTO(buf_clear) Buf rest = { 0 };

        buf_add(&rest, body);
        buf_add_char(&rest, '}');
        buf_printf(into, LINE_START "%08" PRIx32 "\",", crc32_of(buf_str(&rest)));
        buf_add(into, buf_str(&rest));
        buf_add_char(into, '\n');
}

static void add_str(const char *before, Str value, Buf *into) {
        buf_add(into, str_of(before));
        quote_json(value, into);
}

void journal_record_run(const JournalRun *run, Buf *into) {
        AUTO(buf_clear) Buf body = { 0 };

        add_str("\"run\":{\"backup\":", run->backup, &body);
        add_str(",\"server\":", run->server, &body);
        add_str(",\"clusterUid\":", run->cluster_uid, &body);
        buf_add_char(&body, '}');
        journal_record_add(buf_str(&body), into);
}

static void add_pod_name(const PodPlan *pod, Buf *into) {
        add_str("\"namespace\":", pod->namespace, into);
        add_str(",\"pod\":", pod->name, into);
        add_str(",\"uid\":", pod->uid, into);
}

static void add_call(const HookCall *call, Buf *into) {
        add_str("{\"name\":", call->name, into);
        add_str(",\"container\":", call->container, into);
        buf_printf(into, ",\"annotation\":%s,\"index\":%zu,\"continue\":%s",
                   call->source == HOOK_FROM_ANNOTATION ? "true" : "false", call->index,
                   call->on_error == ON_ERROR_CONTINUE ? "true" : "false");
        buf_printf(into, ",\"timeoutMs\":%" PRId64 ",\"restarts\":%" PRId64 ",\"command\":[",
                   call->timeout_ms, call->restarts);
        for (size_t i = 0; i < call->command.len; i++)
                add_str(i ? "," : "", call->command.items[i], into);
        buf_add(into, STR("]}"));
}

static void add_calls(const char *key, const HookCall *calls, size_t len, Buf *into) {
        buf_printf(into, ",\"%s\":[", key);
        for (size_t i = 0; i < len; i++) {
                if (i)
                        buf_add_char(into, ',');
                add_call(&calls[i], into);
        }
        buf_add_char(into, ']');
}

void journal_record_begin(const PodPlan *pod, Buf *into) {
        AUTO(buf_clear) Buf body = { 0 };

        buf_add(&body, STR("\"begin\":{"));
        add_pod_name(pod, &body);
        add_str(",\"node\":", pod->node, &body);
        add_calls("pre", pod->pre, pod->pre_len, &body);
        add_calls("post", pod->post, pod->post_len, &body);
        buf_add_char(&body, '}');
        journal_record_add(buf_str(&body), into);
}

void journal_record_end(const PodPlan *pod, Buf *into) {
        AUTO(buf_clear) Buf body = { 0 };

        buf_add(&body, STR("\"end\":{"));
        add_pod_name(pod, &body);
        buf_add_char(&body, '}');
        journal_record_add(buf_str(&body), into);
}

typedef struct Replay {
        Arena *arena;
        JournalRun run;
        bool has_run;
        StrMap pods; /* namespace/name/uid to PodPlan, NULL once ended */
        size_t bad_lines, torn;
} Replay;

static Str copy_str(JsonVal *object, const char *key, Arena *arena) {
        return arena_copy(arena, json_get_str(object, key));
}

static HookCall read_call(JsonVal *json, HookPhase phase, Arena *arena) {
        int64_t timeout_ms = json_get_int(json, "timeoutMs", HOOK_TIMEOUT_DEFAULT_MS);
        int64_t place = json_get_int(json, "index", 0);
        HookCall call = {
                .name = copy_str(json, "name", arena),
                .source = json_get_bool(json, "annotation", false) ? HOOK_FROM_ANNOTATION : HOOK_FROM_SPEC,
                .phase = phase,
                .index = place > 0 ? (size_t) place : 0,
                .container = copy_str(json, "container", arena),
                .on_error = json_get_bool(json, "continue", false) ? ON_ERROR_CONTINUE : ON_ERROR_FAIL,
                .timeout_ms = timeout_ms > 0 && timeout_ms <= HOOK_TIMEOUT_MAX_MS ? timeout_ms
                                                                                  : HOOK_TIMEOUT_DEFAULT_MS,
                .restarts = json_get_int(json, "restarts", -1),
        };
        size_t i, max;
        JsonVal *word;

        yyjson_arr_foreach(json_get(json, "command"), i, max, word) {
                if (i < WORDS_MAX)
                        strs_add(&call.command, arena, arena_copy(arena, json_str(word)));
        }
        return call;
}

static HookCall *read_calls(JsonVal *list, HookPhase phase, Arena *arena, size_t *ret_len) {
        size_t len = yyjson_arr_size(list) < CALLS_MAX ? yyjson_arr_size(list) : CALLS_MAX, i, max;
        HookCall *calls = len ? arena_alloc(arena, len * sizeof *calls) : NULL;
        JsonVal *json;

        *ret_len = len;
        yyjson_arr_foreach(list, i, max, json) {
                if (i < len)
                        calls[i] = read_call(json, phase, arena);
        }
        return calls;
}

static PodPlan read_pod(JsonVal *json, Arena *arena) {
        PodPlan pod = {
                .namespace = copy_str(json, "namespace", arena),
                .name = copy_str(json, "pod", arena),
                .uid = copy_str(json, "uid", arena),
                .node = copy_str(json, "node", arena),
        };

        pod.pre = read_calls(json_get(json, "pre"), HOOK_PRE, arena, &pod.pre_len);
        pod.post = read_calls(json_get(json, "post"), HOOK_POST, arena, &pod.post_len);
        return pod;
}

static bool take_record(Replay *replay, JsonVal *record) {
        JsonVal *run = json_get(record, "run"), *begin = json_get(record, "begin"),
                *end = json_get(record, "end");
        JsonVal *about = begin ? begin : end;

        if (run) {
                replay->run = (JournalRun) {
                        .backup = copy_str(run, "backup", replay->arena),
                        .server = copy_str(run, "server", replay->arena),
                        .cluster_uid = copy_str(run, "clusterUid", replay->arena),
                };
                return replay->has_run = true;
        }
        if (!about || json_get_str(about, "pod").len == 0)
                return false;

        PodPlan pod = read_pod(about, replay->arena);
        Str key = str_of(arena_printf(replay->arena, STR_FMT "/" STR_FMT "/" STR_FMT, STR_ARG(pod.namespace),
                                      STR_ARG(pod.name), STR_ARG(pod.uid)));
        PodPlan *open = NULL;

        if (begin) {
                open = arena_alloc(replay->arena, sizeof *open);
                *open = pod;
        }
        str_map_put(&replay->pods, key, open);
        return true;
}

static bool take_line(Replay *replay, Str line) {
        AUTO(error_clear) Error err = { 0 };
        AUTO_JSON *doc = NULL;
        char crc[CRC_LEN + 1];

        if (line.len <= BODY_AT || !str_starts_with(line, STR(LINE_START)))
                return false;
        snprintf(crc, sizeof crc, "%08" PRIx32, crc32_of(str_skip(line, BODY_AT)));
        if (memcmp(crc, line.ptr + sizeof LINE_START - 1, CRC_LEN) != 0)
                return false;
        return json_parse(line, "journal line", &doc, &err) && take_record(replay, yyjson_doc_get_root(doc));
}

static void take_text(Replay *replay, Str text) {
        const char *end;

        while (text.len && (end = memchr(text.ptr, '\n', text.len))) {
                Str line = { text.ptr, (size_t) (end - text.ptr) };

                if (!take_line(replay, line))
                        replay->bad_lines++;
                text = str_skip(text, line.len + 1);
        }
        replay->torn = text.len; /* it was being written when the run died: nobody has acted on it */
}

static void collect_open(const Replay *replay, JournalDebt *debt) {
        debt->pods = arena_alloc(replay->arena, (replay->pods.len + 1) * sizeof *debt->pods);
        for (size_t i = 0; i < replay->pods.len; i++) {
                const PodPlan *pod = replay->pods.entries[i].value;

                if (pod)
                        debt->pods[debt->len++] = *pod;
        }
}

bool journal_replay(Str text, Arena *arena, JournalDebt *ret_debt, Error *err) {
        Replay replay = { .arena = arena };
        JournalDebt debt = { 0 };

        take_text(&replay, text);
        collect_open(&replay, &debt);
        str_map_clear(&replay.pods);
        if (!replay.has_run)
                return error_set(err, ERROR_CORRUPT,
                                 "the line that says which backup it belongs to is missing or damaged");
        debt.run = replay.run;
        debt.bad_lines = replay.bad_lines;
        debt.size = text.len - replay.torn;
        debt.torn = replay.torn;
        *ret_debt = debt;
        return true;
}
