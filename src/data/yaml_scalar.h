/* yaml_scalar.h - what an unquoted YAML scalar means.
 *
 * Private to data.  The rules are those of sigs.k8s.io/yaml, which is YAML 1.1
 * with `y` and `n` as booleans; reading and writing share them, so that what is
 * written unquoted reads back as the same string. */
#pragma once
#include "base/buf.h"
#include "data/json.h"

typedef enum YamlType {
        YAML_STRING,
        YAML_NULL,
        YAML_BOOL,
        YAML_INTEGER,  /* from -2^63 */
        YAML_UNSIGNED, /* from 2^63 */
        YAML_BIG,      /* an integer past 64 bits: its digits are in the buffer */
        YAML_REAL,
        YAML_NOT_FINITE, /* .inf and .nan, which JSON cannot say */
} YamlType;

typedef struct YamlScalar {
        YamlType type;
        union {
                bool truth;
                int64_t integer;
                uint64_t whole;
                double real;
        };
} YamlScalar;

/* `digits` is overwritten. */
YamlScalar yaml_scalar_resolve(Str text, Buf *digits);

/* Would another reader take the unquoted text for something else than a string?  Counts times
 * (2026-11-22) and numbers of base 60 (1:30) as well, which only older readers resolve. */
bool yaml_scalar_needs_quotes(Str text, Buf *digits);

/* A mapping key that is a number, as Go prints it from 32 bits: 1.5, 1e+06. */
void yaml_scalar_real_key(double real, Buf *into);
