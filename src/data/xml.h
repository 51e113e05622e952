/* xml.h - a small XML document read from its start to its end, as object stores and token services answer.
 *
 * Names are local names: a namespace's prefix is cut off.  A document that declares entities is refused, so text is
 * never larger than the document.  Attributes are passed over.  Library: expat. */
#pragma once
#include "base/error.h"
#include "base/str.h"

enum { XML_DEPTH_MAX = 16, XML_PATH_MAX = 512 };

/* Called when an element ends.  `path` is its name with those around it ("ListBucketResult/Contents/Key"), `text` what
 * stands directly in it, untrimmed; both are borrowed for the call.  False, with err set, ends the reading. */
typedef bool (*XmlElement)(void *user, Str path, Str text, Error *err);

/* ERROR_CORRUPT "<what> is not XML: <reason> in line N"; also past the limits. */
bool xml_read(Str document, const char *what, XmlElement element, void *user, Error *err) MUST_CHECK;
