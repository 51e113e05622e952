/* config_entry.h - reading the fields of one entry of a kubeconfig.  Private to kube/.
 *
 * Every reader leaves its output alone when the field is absent, null or empty, and its
 * errors name the file, the entry and the field. */
#pragma once
#include "data/json.h"
#include "kube/config.h"

typedef struct ConfigEntry {
        Str name;
        JsonVal *value; /* the object; NULL: an entry without fields */
        const KubeConfigFile *file;
        const char *kind; /* "cluster", "user", "context", for messages */
        Arena *arena;     /* of the config: what is read lives there */
} ConfigEntry;

/* Ends: `/home/me/.kube/config: user "admin": client-key: …`; always false. */
bool entry_wrong(const ConfigEntry *entry, const char *key, const char *reason, Error *err);

/* The text of a string, and of a number or boolean that was meant as one (kubectl reads `token: 12345` so).
 * False for what is no scalar; null and absent are empty. */
bool config_scalar(JsonVal *value, Arena *arena, Str *ret_text);

bool entry_str(const ConfigEntry *entry, const char *key, Str *into, Error *err) MUST_CHECK;
bool entry_bool(const ConfigEntry *entry, const char *key, bool *into, Error *err) MUST_CHECK;
bool entry_strs(const ConfigEntry *entry, const char *key, Strs *into, Error *err) MUST_CHECK;
bool entry_secret(const ConfigEntry *entry, const char *key, Secret *into, Error *err) MUST_CHECK;
/* A path, made absolute from the file's folder. */
bool entry_path(const ConfigEntry *entry, const char *key, Str *into, Error *err) MUST_CHECK;
Str entry_absolute(const ConfigEntry *entry, Str path);

/* `<key>-data` in base64, else the content of the file at `key`; *ret_key is which of the two was there. */
bool entry_content(const ConfigEntry *entry, const char *key, Secret *into, const char **ret_key, Error *err)
        MUST_CHECK;

/* One warning for each field that is not in `known`, which ends with NULL. */
void entry_warn_unknown(const ConfigEntry *entry, const char *const *known, Strs *warnings);
