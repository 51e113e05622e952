/* quantity.h - Kubernetes quantities ("1Gi", "500m", "2e3"), to compare sizes. */
#pragma once
#include "base/error.h"
#include "base/str.h"

/* The value, as a double: exact up to 2^53, which is 8 PiB. */
bool quantity_parse(Str text, double *ret_value, Error *err) MUST_CHECK;
