/* yaml.h - YAML as Kubernetes reads it: into JSON, strictly.
 *
 * Plain scalars resolve as sigs.k8s.io/yaml resolves them (yes, on, 0o7, 1_000,
 * ~ …); quoted ones are strings.  Duplicate keys, tabs used for indentation, more
 * than 100 levels, more than 100 aliases, expansion past 1 million nodes, more than
 * 10,000 documents and input over 16 MiB are errors that name the line.  JSON is YAML,
 * so one reader serves both.  Several documents in one file are read one by one.
 * Library: libyaml events. */
#pragma once
#include "base/faults.h"
#include "base/map.h"
#include "data/json.h"

typedef struct YamlDoc {
        JsonDoc *json;
        StrMap lines; /* path ("spec.hooks.resources[0].name") to line number, as (void *) (intptr_t) */
        Arena arena;  /* the paths */
} YamlDoc;

typedef struct YamlDocs {
        YamlDoc *items;
        size_t len;
} YamlDocs;

/* Empty documents are left out.  `what` names the input in errors. */
bool yaml_parse(Str text, const char *what, YamlDocs *ret_docs, Error *err) MUST_CHECK;
void yaml_docs_clear(YamlDocs *docs);

/* The line of that path, or of its nearest parent that has one; 0 when unknown. */
int yaml_line_of(const YamlDoc *doc, Str path);
/* Fills in the line of each fault that has none yet. */
void yaml_add_lines(const YamlDoc *doc, Faults *faults);

/* As kubectl prints `-o yaml`: keys in the value's own order, block style, two spaces. */
void yaml_write(JsonVal *value, Buf *into);
