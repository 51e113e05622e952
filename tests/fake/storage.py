"""What the fake API server keeps: objects, resource versions, and the history that watches read."""

import copy
import threading
import time
import uuid


def status(code, reason, message, **details):
    body = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message, "reason": reason, "code": code}
    if details:
        body["details"] = details
    return body


class ApiError(Exception):
    def __init__(self, code, reason, message, **details):
        super().__init__(message)
        self.code, self.body = code, status(code, reason, message, **details)


def now():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def matches(selector, labels):
    """kubectl's text form of a label selector, the parts that tests use."""
    depth, part, parts = 0, "", []
    for c in selector:
        depth += (c == "(") - (c == ")")
        if c == "," and depth == 0:
            parts.append(part)
            part = ""
        else:
            part += c
    parts.append(part)
    for rule in filter(None, (p.strip() for p in parts)):
        if " notin " in rule or " in " in rule:
            key, values = rule.split(" notin " if " notin " in rule else " in ")
            inside = labels.get(key.strip()) in [v.strip() for v in values.strip(" ()").split(",")]
            if inside == (" notin " in rule):
                return False
        elif "!=" in rule:
            key, value = rule.split("!=")
            if labels.get(key) == value:
                return False
        elif "=" in rule:
            key, value = rule.replace("==", "=").split("=")
            if labels.get(key) != value:
                return False
        elif rule.startswith("!"):
            if rule[1:] in labels:
                return False
        elif rule not in labels:
            return False
    return True


def merge(target, patch):
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge(result.get(key), value)
    return result


class Storage:
    def __init__(self, kinds):
        self.kinds = list(kinds)
        self.lock = threading.Condition()
        self.objects = {}  # (group, plural) -> {(namespace, name): object}
        self.version = 100
        self.history = []  # (version, (group, plural), type, object)
        self.compacted = 0  # watches and continue tokens below this are Gone

    def _bucket(self, kind):
        return self.objects.setdefault((kind.group, kind.plural), {})

    def _record(self, kind, type_, object_):
        self.version += 1
        object_["metadata"]["resourceVersion"] = str(self.version)
        self.history.append((self.version, (kind.group, kind.plural), type_, copy.deepcopy(object_)))
        self.lock.notify_all()

    def _missing(self, kind, name):
        where = f"{kind.plural}.{kind.group}" if kind.group else kind.plural
        return ApiError(404, "NotFound", f'{where} "{name}" not found', name=name, group=kind.group, kind=kind.plural)

    def create(self, kind, namespace, object_):
        with self.lock:
            meta = object_.setdefault("metadata", {})
            name = meta.get("name")
            if not name and meta.get("generateName"):
                name = meta["name"] = meta["generateName"] + uuid.uuid4().hex[:5]
            if not name:
                raise ApiError(422, "Invalid", f"{kind.kind} is invalid: metadata.name: Required value")
            if kind.namespaced:
                if meta.setdefault("namespace", namespace) != namespace:
                    raise ApiError(400, "BadRequest", "the namespace of the provided object does not match the namespace sent on the request")
                if not any(k[1] == namespace for k in self.objects.get(("", "namespaces"), {})):
                    raise ApiError(404, "NotFound", f'namespaces "{namespace}" not found', name=namespace, kind="namespaces")
            if meta.get("resourceVersion"):
                raise ApiError(400, "BadRequest", "resourceVersion should not be set on objects to be created")
            if (namespace, name) in self._bucket(kind):
                where = f"{kind.plural}.{kind.group}" if kind.group else kind.plural
                raise ApiError(409, "AlreadyExists", f'{where} "{name}" already exists', name=name, group=kind.group, kind=kind.plural)
            object_ = copy.deepcopy(object_)
            object_["apiVersion"], object_["kind"] = kind.api_version, kind.kind
            object_["metadata"].update(uid=str(uuid.uuid4()), creationTimestamp=now(), generation=1)
            if kind.plural == "namespaces":
                object_.setdefault("status", {"phase": "Active"})
                object_.setdefault("spec", {"finalizers": ["kubernetes"]})
            if kind.plural == "customresourcedefinitions":
                object_["status"] = {"conditions": [{"type": "Established", "status": "True"}, {"type": "NamesAccepted", "status": "True"}]}
            self._bucket(kind)[(namespace, name)] = object_
            self._record(kind, "ADDED", object_)
            return copy.deepcopy(object_)

    def get(self, kind, namespace, name):
        with self.lock:
            object_ = self._bucket(kind).get((namespace, name))
            if object_ is None:
                raise self._missing(kind, name)
            return copy.deepcopy(object_)

    def replace(self, kind, namespace, name, object_):
        with self.lock:
            old = self._bucket(kind).get((namespace, name))
            if old is None:
                raise self._missing(kind, name)
            wanted = object_.get("metadata", {}).get("resourceVersion")
            if wanted and wanted != old["metadata"]["resourceVersion"]:
                raise ApiError(409, "Conflict", f'Operation cannot be fulfilled on {kind.plural} "{name}": the object has been modified')
            object_ = copy.deepcopy(object_)
            for key in ("uid", "creationTimestamp"):
                object_["metadata"][key] = old["metadata"][key]
            self._bucket(kind)[(namespace, name)] = object_
            self._record(kind, "MODIFIED", object_)
            return copy.deepcopy(object_)

    def patch(self, kind, namespace, name, patch):
        with self.lock:
            return self.replace(kind, namespace, name, merge(self.get(kind, namespace, name), patch))

    def delete(self, kind, namespace, name):
        with self.lock:
            old = self._bucket(kind).pop((namespace, name), None)
            if old is None:
                raise self._missing(kind, name)
            self._record(kind, "DELETED", old)
            return old

    def list(self, kind, namespace, label_selector="", field_selector="", limit=0, token=""):
        with self.lock:
            after = ("", "")
            if token:
                version, after_namespace, after_name = token.split("|")
                if int(version) < self.compacted:
                    raise ApiError(410, "Expired", "The provided continue parameter is too old to display a consistent list result.")
                after = (after_namespace, after_name)
            items = []
            for key in sorted(self._bucket(kind)):
                object_ = self._bucket(kind)[key]
                if key <= after and token or namespace and key[0] != namespace:
                    continue
                if label_selector and not matches(label_selector, object_["metadata"].get("labels") or {}):
                    continue
                if field_selector.startswith("metadata.name=") and key[1] != field_selector.split("=", 1)[1]:
                    continue
                items.append((key, object_))
            meta = {"resourceVersion": str(self.version)}
            if limit and len(items) > limit:
                last = items[limit - 1][0]
                meta["continue"] = f"{self.version}|{last[0]}|{last[1]}"
                meta["remainingItemCount"] = len(items) - limit
                items = items[:limit]
            bare = []
            for _, object_ in items:  # like the real one, items of a list of built-in kinds do not say their kind
                object_ = copy.deepcopy(object_)
                del object_["apiVersion"], object_["kind"]
                bare.append(object_)
            return {"kind": kind.kind + "List", "apiVersion": kind.api_version, "metadata": meta, "items": bare}
