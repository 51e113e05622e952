/* s3_sts.h - asking AWS's token service for keys in exchange for a web identity token: its address, form and answers.
 *
 * Pure.  Source: the AWS documentation's AssumeRoleWithWebIdentity. */
#pragma once
#include "base/buf.h"
#include "store/s3_credentials_internal.h"

/* ERROR_INVALID when the region is none: its name becomes part of the host that gets the token. */
bool s3_sts_url(Str region, Arena *arena, Str *ret_url, Error *err) MUST_CHECK;
/* Adds the body of the request, which holds the token. */
void s3_sts_form(const S3WebIdentity *identity, Str token, Buf *into);
/* ERROR_FORBIDDEN with the service's code and message for a refusal; ERROR_UNAVAILABLE when it may do better later. */
bool s3_sts_answer(int status, Str body, S3Found *ret_found, Error *err) MUST_CHECK;
