/* server_http.h - what the server answers over HTTP: /metrics, /healthz, /readyz, and downloads over TLS.
 *
 * /healthz: the process works.  /readyz: it leads, or stands by with everything it needs.  /download/NAME?token=…:
 * one file for one DownloadRequest (see download.c). */
#pragma once
#include "server/server.h"

typedef struct ServerHttp ServerHttp;

/* Listens on the addresses of the options.  `server` lives as long. */
bool server_http_start(Server *server, ServerHttp **ret_http, Error *err) MUST_CHECK;
void server_http_set_ready(ServerHttp *http); /* this server leads, and works */
void server_http_free(ServerHttp *http);
DEFINE_AUTO(ServerHttp, server_http_free)
