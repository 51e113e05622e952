/* definitions.h - whether the custom resource definitions of the cluster are new enough.
 *
 * A field that a definition does not know is dropped by the API server without a word, and a phase that it does not
 * know is refused for ever.  So both are looked for once, at the start. */
#pragma once
#include "server/server.h"

/* False with ERROR_INVALID when one of our objects could never be brought further: names each definition and what it
 * lacks.  Fields that are lost are only told in the log; so is that the definitions can't be read. */
bool definitions_check(const Server *server, Error *err) MUST_CHECK;
