/* not_served.h - Velero's kinds that this server does nothing for: said on the object, instead of silence. */
#pragma once
#include "data/json.h"

/* What is said about an object of that kind; empty: it waits for nobody, or the kind is served. */
Str not_served_words(Str kind, JsonVal *object);
