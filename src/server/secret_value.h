/* secret_value.h - one value of a Secret in the server's namespace. */
#pragma once
#include "base/secret.h"
#include "server/server.h"

/* The caller clears it.  ERROR_INVALID, a sentence with both names, when there is no such Secret or key. */
bool secret_value(const Server *server, Str name, Str key, Secret *ret_value, Error *err) MUST_CHECK;
