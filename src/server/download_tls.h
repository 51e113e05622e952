/* download_tls.h - the certificate under which downloads are served, in the Secret "grapnel-server-tls".
 *
 * Made when it is missing; all replicas use the same.  An administrator may put a certificate of their own there. */
#pragma once
#include "base/secret.h"
#include "server/server.h"

#define DOWNLOAD_TLS_SECRET "grapnel-server-tls"

/* key_pem may be NULL. */
bool download_tls(const Server *server, Buf *cert_pem, Secret *key_pem, Error *err) MUST_CHECK;
