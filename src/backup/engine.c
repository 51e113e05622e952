#include "backup/engine.h"

const EngineKind *engine_kind(const Engine *engine, Str group_resource) {
        return str_map_get(&engine->kinds_by_name, group_resource);
}

void engine_fail(Engine *engine, Error *err) {
        mutex_lock(&engine->lock);
        if (engine->fatal.code == ERROR_NONE) {
                engine->fatal = *err;
                *err = (Error) { 0 };
        }
        mutex_unlock(&engine->lock);
        error_clear(err);
        engine->has_failed = true;
}

bool engine_is_over(const Engine *engine) {
        return engine->has_failed || (engine->run->stop && stop_is_set(engine->run->stop));
}

bool engine_lists_all(const Engine *engine, const EngineKind *kind) {
        return kind->is_listed && filter_selects_all(&engine->filter);
}

bool engine_adds_related(const Engine *engine, const EngineKind *kind) {
        return filter_allows_related(&engine->filter, kind->filter) && !engine_lists_all(engine, kind);
}
