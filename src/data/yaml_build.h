/* yaml_build.h - YAML documents turned into JSON, event by event.
 *
 * Private to data.  No recursion: a stack of the containers that are open. */
#pragma once
#include "data/yaml.h"

enum {
        YAML_BYTES_MAX = 16 * 1024 * 1024,
        YAML_DOCS_MAX = 10000,
        YAML_DEPTH_MAX = 100,
        YAML_ALIASES_MAX = 100,
        YAML_VALUES_MAX = 1000000,
        YAML_LINES_MAX = 100000, /* places whose line is remembered */
        YAML_PATH_MAX = 512,     /* bytes of a path that is remembered */
};

struct yaml_event_s; /* yaml_event_t of libyaml */
typedef struct YamlBuild YamlBuild;

YamlBuild *yaml_build_new(void);
void yaml_build_free(YamlBuild *build);
DEFINE_AUTO(YamlBuild, yaml_build_free)

/* Any event between the start and the end of a document.  Errors do not name the line. */
bool yaml_build_event(YamlBuild *build, const struct yaml_event_s *event, Error *err) MUST_CHECK;

/* The document that the events made; its json is NULL when there was nothing in it.  Starts the next. */
YamlDoc yaml_build_take(YamlBuild *build);
