/* url.h - taking addresses apart and escaping what goes into them. */
#pragma once
#include "base/buf.h"

typedef struct Url {
        Str scheme, host, path; /* host without brackets; path without query, "" or "/…" */
        Str target;             /* path and query, up to the end of the text; "" or "/…" or "?…" or "#…" */
        Str user_info;          /* "user:password" as written, escaped; a secret; empty when there is none */
        unsigned port;          /* filled in from the scheme when not given */
        bool is_tls;            /* the scheme is https */
} Url;

/* ERROR_INVALID says what is wrong; the parts borrow from `text`.  Schemes: http, https, socks5, socks5h. */
bool url_parse(Str text, Url *ret_url, Error *err) MUST_CHECK;
/* RFC 3986: unreserved bytes stay, all others become %XX. */
void url_escape(Str text, Buf *into);
/* Adds "?key=value" or "&key=value", escaped; looks at what is there already. */
void url_add_query(Buf *url, const char *key, Str value);
