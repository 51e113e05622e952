#include "data/yaml_build.h"

#include <assert.h>
#include <yaml.h>

#include "base/mem.h"
#include "data/yaml_value.h"

/* A value, and what copying it costs. */
typedef struct Node {
        JsonMutVal *value; /* NULL while it is being read */
        size_t count;      /* of values, itself included */
        size_t height;     /* of containers, itself included */
} Node;

/* A container that is being read.  `keys` and what follows is of mappings only. */
typedef struct Frame {
        Node node;
        Node *anchor;       /* where the node goes when it is whole; NULL without an anchor */
        size_t path_len;    /* of its own path */
        StrMap keys;        /* to find those given twice */
        JsonMutVal *key;    /* waits for its value */
        bool is_merging;    /* the key was `<<` */
        JsonMutVal *merged; /* the mappings that it takes members from; NULL for none */
} Frame;

struct YamlBuild {
        JsonMutDoc *doc;
        JsonMutVal *root;
        Frame frames[YAML_DEPTH_MAX];
        size_t depth;
        StrMap anchors; /* of Node */
        Arena arena;    /* of the anchors */
        size_t aliases, values;
        Buf path;
        YamlDoc result;
};

YamlBuild *yaml_build_new(void) {
        YamlBuild *build = xnew0(YamlBuild);

        build->doc = yyjson_mut_doc_new(NULL);
        return build;
}

static void clear_result(YamlDoc *result) {
        yyjson_doc_free(result->json);
        str_map_clear(&result->lines);
        arena_clear(&result->arena);
}

void yaml_build_free(YamlBuild *build) {
        if (build == NULL)
                return;
        while (build->depth)
                str_map_clear(&build->frames[--build->depth].keys);
        str_map_clear(&build->anchors);
        arena_clear(&build->arena);
        buf_clear(&build->path);
        clear_result(&build->result);
        yyjson_mut_doc_free(build->doc);
        free(build);
}

static Frame *top(YamlBuild *build) {
        return build->depth ? &build->frames[build->depth - 1] : NULL;
}

static bool is_mapping(const Frame *frame) {
        return frame && yyjson_mut_is_obj(frame->node.value);
}

static bool expects_key(const Frame *frame) {
        return is_mapping(frame) && frame->key == NULL && !frame->is_merging;
}

static bool count_values(YamlBuild *build, size_t count, Error *err) {
        if (count > YAML_VALUES_MAX - build->values)
                return error_set(err, ERROR_INVALID, "more than %d values, aliases resolved",
                                 YAML_VALUES_MAX);
        build->values += count;
        return true;
}

static void remember_line(YamlBuild *build, const yaml_event_t *event) {
        YamlDoc *result = &build->result;

        if (build->path.len <= YAML_PATH_MAX && result->lines.len < YAML_LINES_MAX)
                str_map_put(&result->lines, arena_copy(&result->arena, buf_str(&build->path)),
                            (void *) (intptr_t) (event->start_mark.line + 1));
}

/* The path of a value that starts here.  A value of a mapping has that of its key already. */
static void enter_path(YamlBuild *build, const yaml_event_t *event) {
        const Frame *frame = top(build);

        if (is_mapping(frame))
                return;
        if (frame) {
                build->path.len = frame->path_len;
                buf_printf(&build->path, "[%zu]", yyjson_mut_arr_size(frame->node.value));
        }
        remember_line(build, event);
}

static void enter_member_path(YamlBuild *build, const Frame *frame, Str key) {
        build->path.len = frame->path_len;
        if (build->path.len)
                buf_add_char(&build->path, '.');
        buf_add(&build->path, key);
}

static Node *new_anchor(YamlBuild *build, const yaml_char_t *name) {
        if (name == NULL)
                return NULL;

        Node *anchor = arena_alloc(&build->arena, sizeof *anchor);
        *anchor = (Node) { 0 };
        str_map_put(&build->anchors, arena_copy(&build->arena, str_of((const char *) name)), anchor);
        return anchor;
}

static bool add_key(YamlBuild *build, const Node *node, const yaml_event_t *event, Error *err) {
        Frame *frame = top(build);
        JsonMutVal *key = NULL;

        if (!yaml_value_to_key(node->value, build->doc, &key, err))
                return false;
        if (str_map_get(&frame->keys, json_mut_str(key)))
                return error_set(err, ERROR_INVALID, "key \"" STR_FMT "\" is given twice",
                                 STR_ARG(json_mut_str(key)));
        str_map_put(&frame->keys, json_mut_str(key), key);
        frame->key = key;

        enter_member_path(build, frame, json_mut_str(key));
        remember_line(build, event);
        return true;
}

static bool add_merged(YamlBuild *build, Frame *frame, JsonMutVal *value, Error *err) {
        yyjson_mut_arr_iter iter;
        bool is_right = yyjson_mut_is_obj(value) || yyjson_mut_is_arr(value);

        if (frame->merged == NULL)
                frame->merged = yyjson_mut_arr(build->doc);
        if (yyjson_mut_is_obj(value))
                yyjson_mut_arr_append(frame->merged, value);

        yyjson_mut_arr_iter_init(value, &iter);
        for (JsonMutVal *item; (item = yyjson_mut_arr_iter_next(&iter));) {
                is_right = is_right && yyjson_mut_is_obj(item);
                yyjson_mut_arr_append(frame->merged, yyjson_mut_val_mut_copy(build->doc, item));
        }
        frame->is_merging = false;
        if (!is_right)
                return error_set(err, ERROR_INVALID,
                                 "the value of \"<<\" is no mapping and no list of mappings");
        return true;
}

/* Puts a whole value where it belongs. */
static bool attach(YamlBuild *build, const Node *node, const yaml_event_t *event, Error *err) {
        Frame *frame = top(build);

        if (frame == NULL) {
                build->root = node->value;
                return true;
        }
        frame->node.count += node->count;
        if (frame->node.height <= node->height)
                frame->node.height = node->height + 1;

        if (!is_mapping(frame)) {
                yyjson_mut_arr_append(frame->node.value, node->value);
                return true;
        }
        if (expects_key(frame))
                return add_key(build, node, event, err);
        if (frame->is_merging)
                return add_merged(build, frame, node->value, err);
        yyjson_mut_obj_add(frame->node.value, TAKE(frame->key), node->value);
        return true;
}

static bool add_scalar(YamlBuild *build, const yaml_event_t *event, Error *err) {
        Frame *frame = top(build);
        bool is_key = expects_key(frame);
        Node node = { .count = 1 };

        if (is_key && event->data.scalar.plain_implicit &&
            strcmp((const char *) event->data.scalar.value, "<<") == 0) {
                frame->is_merging = true;
                enter_member_path(build, frame, STR("<<"));
                return true;
        }
        enter_path(build, event);
        if (!count_values(build, 1, err) || !yaml_value_of(event, is_key, build->doc, &node.value, err))
                return false;

        Node *anchor = new_anchor(build, event->data.scalar.anchor);
        if (anchor)
                *anchor = node;
        return attach(build, &node, event, err);
}

static bool add_alias(YamlBuild *build, const yaml_event_t *event, Error *err) {
        const char *name = (const char *) event->data.alias.anchor;
        const Node *anchor = str_map_get(&build->anchors, str_of(name));

        enter_path(build, event);
        if (anchor == NULL)
                return error_set(err, ERROR_INVALID, "alias \"*%s\" has no anchor \"&%s\" before it", name,
                                 name);
        if (anchor->value == NULL)
                return error_set(err, ERROR_INVALID, "the value of anchor \"&%s\" contains itself", name);
        if (++build->aliases > YAML_ALIASES_MAX)
                return error_set(err, ERROR_INVALID, "more than %d aliases", YAML_ALIASES_MAX);
        if (build->depth + anchor->height > YAML_DEPTH_MAX)
                return error_set(err, ERROR_INVALID, "nested deeper than %d levels", YAML_DEPTH_MAX);
        if (!count_values(build, anchor->count, err))
                return false;

        Node copy = *anchor;
        copy.value = yyjson_mut_val_mut_copy(build->doc, anchor->value);
        return attach(build, &copy, event, err);
}

static bool start_container(YamlBuild *build, const yaml_event_t *event, Error *err) {
        bool mapping = event->type == YAML_MAPPING_START_EVENT;

        if (expects_key(top(build)))
                return error_set(err, ERROR_INVALID, "a key is a list or a mapping: expected text");
        if (build->depth == YAML_DEPTH_MAX)
                return error_set(err, ERROR_INVALID, "nested deeper than %d levels", YAML_DEPTH_MAX);
        if (!count_values(build, 1, err))
                return false;

        enter_path(build, event);
        Node *anchor = new_anchor(build, mapping ? event->data.mapping_start.anchor
                                                 : event->data.sequence_start.anchor);
        build->frames[build->depth++] = (Frame) {
                .node = {
                        .value = mapping ? yyjson_mut_obj(build->doc) : yyjson_mut_arr(build->doc),
                        .count = 1,
                        .height = 1,
                },
                .anchor = anchor,
                .path_len = build->path.len,
        };
        return true;
}

/* A member that the mapping has itself wins, then that of the first mapping given.  What is copied here was
 * counted when it was attached. */
static void merge(const YamlBuild *build, Frame *frame) {
        yyjson_mut_arr_iter mappings;
        yyjson_mut_obj_iter members;

        yyjson_mut_arr_iter_init(frame->merged, &mappings);
        for (JsonMutVal *mapping; (mapping = yyjson_mut_arr_iter_next(&mappings));) {
                yyjson_mut_obj_iter_init(mapping, &members);
                for (JsonMutVal *key; (key = yyjson_mut_obj_iter_next(&members));) {
                        if (str_map_get(&frame->keys, json_mut_str(key)))
                                continue;
                        str_map_put(&frame->keys, json_mut_str(key), key);
                        yyjson_mut_obj_add(
                                frame->node.value, yyjson_mut_val_mut_copy(build->doc, key),
                                yyjson_mut_val_mut_copy(build->doc, yyjson_mut_obj_iter_get_val(key)));
                }
        }
}

static bool end_container(YamlBuild *build, const yaml_event_t *event, Error *err) {
        assert(build->depth); /* libyaml balances its events */
        Frame *frame = &build->frames[build->depth - 1];

        if (frame->merged)
                merge(build, frame);
        if (frame->anchor)
                *frame->anchor = frame->node;
        Node node = frame->node;
        str_map_clear(&frame->keys);
        build->depth--;
        return attach(build, &node, event, err);
}

bool yaml_build_event(YamlBuild *build, const yaml_event_t *event, Error *err) {
        switch (event->type) {
        case YAML_SCALAR_EVENT:
                return add_scalar(build, event, err);
        case YAML_ALIAS_EVENT:
                return add_alias(build, event, err);
        case YAML_MAPPING_START_EVENT:
        case YAML_SEQUENCE_START_EVENT:
                return start_container(build, event, err);
        case YAML_MAPPING_END_EVENT:
        case YAML_SEQUENCE_END_EVENT:
                return end_container(build, event, err);
        default:
                return true;
        }
}

YamlDoc yaml_build_take(YamlBuild *build) {
        YamlDoc result = build->result;

        if (build->root && !yyjson_mut_is_null(build->root)) {
                yyjson_mut_doc_set_root(build->doc, build->root);
                result.json = yyjson_mut_doc_imut_copy(build->doc, NULL);
        } else {
                clear_result(&result);
                result = (YamlDoc) { 0 };
        }
        yyjson_mut_doc_free(build->doc);
        build->doc = yyjson_mut_doc_new(NULL);
        build->root = NULL;
        build->result = (YamlDoc) { 0 };
        build->aliases = build->values = 0;
        build->path.len = 0;
        str_map_clear(&build->anchors);
        arena_clear(&build->arena);
        return result;
}
