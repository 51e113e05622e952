/* read_file.h - a small file as a whole. */
#pragma once
#include "base/buf.h"

/* Appends.  ERROR_NOT_FOUND when there is none; ERROR_INVALID past the buffer's limit.  The message is "PATH: reason". */
bool read_file(Str path, Buf *into, Error *err) MUST_CHECK;
