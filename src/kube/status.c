#include "kube/status.h"

/* Bytes from outside on one line: control characters become spaces, the end is cut at a whole character. */
static Str one_line(Str text, size_t limit, Arena *arena) {
        size_t len = text.len < limit ? text.len : limit;
        char *copy = arena_alloc(arena, len + sizeof("…"));
        Str line;

        while (len < text.len && len > 0 && ((unsigned char) text.ptr[len] & 0xc0) == 0x80)
                len--;
        for (size_t i = 0; i < len; i++)
                copy[i] = (unsigned char) text.ptr[i] < ' ' || text.ptr[i] == 0x7f ? ' ' : text.ptr[i];
        line = (Str) { copy, len };
        while (line.len > 0 && line.ptr[0] == ' ')
                line = str_skip(line, 1);
        while (line.len > 0 && line.ptr[line.len - 1] == ' ')
                line.len--;
        if (len < text.len) {
                memcpy(copy + (line.ptr - copy) + line.len, "…", sizeof("…") - 1);
                line.len += sizeof("…") - 1;
        }
        return line;
}

static ErrorCode code_of(int http_status, Str reason) {
        switch (http_status) {
        case 401:
        case 403:
                return ERROR_FORBIDDEN;
        case 404:
                return ERROR_NOT_FOUND;
        case 409:
                return str_equal(reason, STR("AlreadyExists")) ? ERROR_EXISTS : ERROR_CONFLICT;
        case 410:
                return ERROR_GONE;
        case 408:
        case 429:
                return ERROR_UNAVAILABLE;
        case 501:
        case 505:
                return ERROR_INVALID;
        default:
                return http_status >= 500 ? ERROR_UNAVAILABLE : ERROR_INVALID;
        }
}

/* Moves *rest behind `mark` and gives what was before it. */
static bool cut_at(Str *rest, const char *mark, Str *ret_before) {
        size_t len = strlen(mark);
        const char *at = rest->len ? memmem(rest->ptr, rest->len, mark, len) : NULL;

        if (at == NULL)
                return false;
        *ret_before = (Str) { rest->ptr, (size_t) (at - rest->ptr) };
        *rest = str_skip(*rest, ret_before->len + len);
        return true;
}

/* The API server's authorizer writes: pods is forbidden: User "x" cannot list resource "pods" in API group
 * "" in the namespace "y" (or: at the cluster scope; or: cannot get path "/apis").  Other 403s, such as a
 * quota or an admission policy, do not look like this and are told in the server's words alone. */
static bool rbac_error(Str words, Error *err) {
        Str rest = words, skipped, user, verb, resource, group, namespace = { "", 0 };

        if (!cut_at(&rest, "User \"", &skipped) || !cut_at(&rest, "\" cannot ", &user) ||
            !cut_at(&rest, " ", &verb))
                return false;
        if (str_starts_with(rest, STR("path \""))) {
                rest = str_skip(rest, strlen("path \""));
                if (!cut_at(&rest, "\"", &resource))
                        return false;
                error_set(err, ERROR_FORBIDDEN,
                          "the user \"" STR_FMT "\" may not " STR_FMT " " STR_FMT
                          ": add a rule {nonResourceURLs: [" STR_FMT "], verbs: [" STR_FMT
                          "]} to its ClusterRole (" STR_FMT ")",
                          STR_ARG(user), STR_ARG(verb), STR_ARG(resource), STR_ARG(resource), STR_ARG(verb),
                          STR_ARG(words));
                return true;
        }
        if (!str_starts_with(rest, STR("resource \"")))
                return false;
        rest = str_skip(rest, strlen("resource \""));
        if (!cut_at(&rest, "\" in API group \"", &resource) || !cut_at(&rest, "\"", &group))
                return false;
        if (cut_at(&rest, "in the namespace \"", &skipped) && !cut_at(&rest, "\"", &namespace))
                return false;
        error_set(err, ERROR_FORBIDDEN,
                  "the user \"" STR_FMT "\" may not " STR_FMT " " STR_FMT "%s" STR_FMT
                  "%s: add a rule {apiGroups: [\"" STR_FMT "\"], resources: [" STR_FMT "], verbs: [" STR_FMT
                  "]} to its %s (" STR_FMT ")",
                  STR_ARG(user), STR_ARG(verb), STR_ARG(resource), namespace.len ? " in namespace \"" : "",
                  STR_ARG(namespace), namespace.len ? "\"" : " in the whole cluster", STR_ARG(group),
                  STR_ARG(resource), STR_ARG(verb), namespace.len ? "Role or ClusterRole" : "ClusterRole",
                  STR_ARG(words));
        return true;
}

static bool set_error(int http_status, Str reason, Str words, Error *err) {
        ErrorCode code = code_of(http_status, reason);

        if (http_status == 401)
                return error_set(err, code,
                                 "the server does not accept our credentials (401" STR_FMT STR_FMT ")",
                                 STR_ARG(words.len ? STR(": ") : STR("")), STR_ARG(words));
        if (http_status == 403 && rbac_error(words, err))
                return false;
        if (words.len == 0)
                return error_set(err, code, "the server answered %d without a word", http_status);
        if (reason.len == 0)
                return error_set(err, code, "the server answered %d: " STR_FMT, http_status, STR_ARG(words));
        return error_set(err, code, STR_FMT, STR_ARG(words));
}

static bool is_status(JsonVal *object) {
        return str_equal(json_get_str(object, "kind"), STR("Status"));
}

bool status_error(int http_status, Str body, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        AUTO(error_clear) Error not_json = { 0 };
        AUTO_JSON *doc = NULL;
        JsonVal *root;

        if (body.len == 0 || body.ptr[0] != '{' || !json_parse(body, "the reply", &doc, &not_json) ||
            !is_status(yyjson_doc_get_root(doc)))
                return set_error(http_status, STR(""), one_line(body, STATUS_BODY_SHOWN, &arena), err);
        root = yyjson_doc_get_root(doc);
        return set_error(http_status, json_get_str(root, "reason"),
                         one_line(json_get_str(root, "message"), STATUS_MESSAGE_SHOWN, &arena), err);
}

bool status_object_error(JsonVal *status, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };
        int64_t code = json_get_int(status, "code", 500);

        return set_error(code >= 400 && code <= 599 ? (int) code : 500, json_get_str(status, "reason"),
                         one_line(json_get_str(status, "message"), STATUS_MESSAGE_SHOWN, &arena), err);
}

bool status_words_error(int http_status, Str words, Error *err) {
        AUTO(arena_clear) Arena arena = { 0 };

        return set_error(http_status, STR("Known"), one_line(words, STATUS_MESSAGE_SHOWN, &arena), err);
}
