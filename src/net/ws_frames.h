/* ws_frames.h - WebSocket frames in, whole messages out; and the frames that answer.  No socket here.  Private to net/.
 *
 * Bytes are given with ws_frames_add as they come; ws_frames_next is asked until it wants more.  What the
 * peer must get (answers to pings and to its close, our messages) is taken with ws_frames_output.
 * Library: wslay.  Source: RFC 6455 section 5. */
#pragma once
#include "base/buf.h"

typedef struct WsFrames WsFrames;

WsFrames *ws_frames_new(size_t message_limit);
void ws_frames_free(WsFrames *frames);
DEFINE_AUTO(WsFrames, ws_frames_free)

void ws_frames_add(WsFrames *frames, Str bytes);
size_t ws_frames_waiting(const WsFrames *frames); /* bytes added and not yet looked at */

typedef enum WsFramesNext { WS_FRAMES_MORE, WS_FRAMES_MESSAGE, WS_FRAMES_CLOSED } WsFramesNext;

/* The message is borrowed until the next call.  ERROR_INVALID past the limit, ERROR_UNAVAILABLE for a breach of the
 * protocol and for a close that is no normal one (its code and reason are in the message). */
bool ws_frames_next(WsFrames *frames, WsFramesNext *ret_next, Str *ret_message, Error *err) MUST_CHECK;

/* One binary message, masked, goes to the output. */
void ws_frames_send(WsFrames *frames, Str message);
void ws_frames_close(WsFrames *frames);

/* What is to be sent.  These bytes stay where they are until ws_frames_sent took them all (OpenSSL
 * repeats a write only from the same place); pings that come meanwhile are answered after. */
Str ws_frames_output(WsFrames *frames);
void ws_frames_sent(WsFrames *frames, size_t bytes);
