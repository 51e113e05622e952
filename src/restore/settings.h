/* settings.h - what ConfigMaps in the restore's namespace change about objects.
 *
 * change-storage-class and change-image-name by their labels, the resource modifier by its name.
 * Source: spec/restore-behaviour.md 3.11, 3.16. */
#pragma once
#include "api/restore.h"
#include "kube/list.h"
#include "restore/modifiers.h"

typedef struct Settings {
        JsonDoc *storage_classes, *image_names; /* the ConfigMaps' data; NULL when there is none */
        Modifiers *modifiers;                   /* NULL: none */
} Settings;

/* ERROR_INVALID when the modifier that the restore names is missing or wrong, or two ConfigMaps say one thing. */
bool settings_read(KubeClient *client, const Restore *restore, const Stop *stop, Settings *ret_settings,
                   Error *err) MUST_CHECK;
void settings_clear(Settings *settings);
