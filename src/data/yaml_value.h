/* yaml_value.h - YAML scalars as JSON values.
 *
 * Private to data. */
#pragma once
#include "data/json.h"

struct yaml_event_s; /* yaml_event_t of libyaml */

/* The value of a scalar event, by its tag, its quotes, its text.  .inf and .nan are an
 * error except as keys. */
bool yaml_value_of(const struct yaml_event_s *event, bool is_key, JsonMutDoc *doc, JsonMutVal **ret_value,
                   Error *err) MUST_CHECK;

/* JSON keys are strings: 1 becomes "1", yes "true".  Null and containers are refused. */
bool yaml_value_to_key(JsonMutVal *value, JsonMutDoc *doc, JsonMutVal **ret_key, Error *err) MUST_CHECK;
