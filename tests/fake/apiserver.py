"""A fake Kubernetes API server with faults, for scenario tests.

It is there for what the real one cannot be asked to do: fail, hang or break off at the n-th request.  It is never
kinder than the real one (tests/cluster/ runs the same things there).  Containers understand a few words as commands:

    freeze, thaw        what the pod's application does between them is counted as frozen
    true, exit N, sleep SECONDS, echo TEXT, spew BYTES
    die                 the stream ends without a status, as when a node is lost
"""

import http.server
import json
import socket
import threading
import time
import urllib.parse

import websocket
from kinds import BUILT_IN, Kind, aggregated, classic
from storage import ApiError, Storage, merge, now, status


class Application:
    """What runs in a pod: whether a hook froze it, and every command that ran."""

    def __init__(self):
        self.frozen_since = None
        self.freezes = []  # seconds
        self.commands = []  # (time, container, argv)


class ApiServer:
    def __init__(self, kinds=()):
        self.storage = Storage(BUILT_IN + list(kinds))
        self.applications = {}  # (namespace, pod) -> Application
        self.requests = []  # "GET /api/v1/…"
        self.fault = None  # f(number, method, path) -> None or the name of a fault
        self.forbid = None  # f(method, path) -> True for 403
        self.aggregated_discovery = True
        self.protocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"]
        self.broken_groups = set()
        self.delay = 0.0
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        outer = self

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

            def handle_error(self, request, address):
                pass

        self.http = Server(("127.0.0.1", 0), type("Bound", (Handler,), {"api": outer}))
        self.port = self.http.server_address[1]
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        for name in ("default", "kube-system", "velero"):
            self.storage.create(self.kind("Namespace"), "", {"metadata": {"name": name}})

    def close(self):
        self.stopping.set()
        with self.storage.lock:
            self.storage.lock.notify_all()
        self.http.shutdown()
        self.http.server_close()

    # What a test says and asks.

    def kind(self, name):
        return next(k for k in self.storage.kinds if name in (k.kind, k.plural))

    def add_kind(self, crd):
        spec = crd["spec"]
        version = next(v["name"] for v in spec["versions"] if v.get("storage", True))
        new = Kind(spec["group"], version, spec["names"]["plural"], spec["names"]["kind"], spec["scope"] == "Namespaced")
        if not any(k.plural == new.plural and k.group == new.group for k in self.storage.kinds):
            self.storage.kinds.append(new)

    def create(self, kind, namespace, name, **body):
        meta = body.pop("metadata", {})
        object_ = {"metadata": {"name": name, **meta}, **body}
        return self.storage.create(self.kind(kind), namespace, object_)

    def namespace(self, name, **meta):
        return self.create("Namespace", "", name, metadata=meta)

    def pod(self, namespace, name, containers=("main",), annotations=None, labels=None, claims=(), phase="Running", **spec):
        object_ = self.create(
            "Pod", namespace, name,
            metadata={"annotations": annotations or {}, "labels": labels or {}},
            spec={
                "nodeName": "node-1",
                "containers": [{"name": c, "image": "busybox:1"} for c in containers],
                "volumes": [{"name": c, "persistentVolumeClaim": {"claimName": c}} for c in claims],
                **spec,
            },
            status={"phase": phase},
        )
        self.run_pod(namespace, name, phase)
        return object_

    def run_pod(self, namespace, name, phase="Running"):
        kind = self.kind("Pod")
        with self.storage.lock:
            pod = self.storage.get(kind, namespace, name)
            started = now()
            pod["status"] = {
                "phase": phase,
                "conditions": [{"type": "Ready", "status": "True"}],
                "containerStatuses": [
                    {"name": c["name"], "ready": True, "restartCount": 0, "started": True, "containerID": "fake://" + c["name"],
                     "state": {"running": {"startedAt": started}} if phase == "Running" else {"terminated": {"exitCode": 0}}}
                    for c in pod["spec"]["containers"]
                ],
            }
            self.storage.replace(kind, namespace, name, pod)
        with self.lock:
            self.applications.setdefault((namespace, name), Application())

    def frozen(self):
        with self.lock:
            return sorted(f"{ns}/{pod}" for (ns, pod), a in self.applications.items() if a.frozen_since is not None)

    def commands(self, namespace, pod):
        with self.lock:
            application = self.applications.get((namespace, pod))
            return [" ".join(argv) for _, _, argv in application.commands] if application else []

    def kubeconfig(self, path):
        config = {
            "apiVersion": "v1", "kind": "Config", "current-context": "fake",
            "clusters": [{"name": "fake", "cluster": {"server": f"http://127.0.0.1:{self.port}"}}],
            "users": [{"name": "me", "user": {"token": "not-a-secret"}}],
            "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "me"}}],
        }
        with open(path, "w") as f:
            json.dump(config, f)
        return path


class Cut(Exception):
    """The connection ends here."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    api = None
    disable_nagle_algorithm = True

    def log_message(self, *args):
        pass

    def do(self):
        url = urllib.parse.urlsplit(self.path)
        self.query = urllib.parse.parse_qs(url.query, keep_blank_values=True)
        self.route = urllib.parse.unquote(url.path)
        with self.api.lock:
            self.api.requests.append(f"{self.command} {self.path}")
            number = len(self.api.requests)
        self.broken = self.api.fault and self.api.fault(number, self.command, self.path)
        try:
            size = int(self.headers.get("Content-Length") or 0)
            self.body = self.rfile.read(size) if size else b""
            if self.api.delay:
                time.sleep(self.api.delay)
            try:
                self.break_before()
                self.answer()
            except ApiError as error:
                self.reply(error.code, error.body)
        except (Cut, BrokenPipeError, ConnectionResetError, ValueError):
            self.close_connection = True
            try:
                self.connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do

    def break_before(self):
        if self.broken == "reset":
            raise Cut()
        if self.broken == "hang":
            self.api.stopping.wait(60)
            raise Cut()
        if self.broken in ("500", "503"):
            raise ApiError(int(self.broken), "InternalError" if self.broken == "500" else "ServiceUnavailable", "the fake has a fault here")
        if self.broken == "429":
            self.retry_after = "1"
            raise ApiError(429, "TooManyRequests", "too many requests, please try again later")
        if self.api.forbid and self.api.forbid(self.command, self.route):
            raise ApiError(403, "Forbidden", self.authorizer_says(), kind=self.route.split("/")[-1])

    def authorizer_says(self):
        """Why the user may not, in the words of Kubernetes' RBAC."""
        parts = self.route.strip("/").split("/")
        group, rest = ("", parts[2:]) if parts[0] == "api" else (parts[1], parts[3:])
        where = "at the cluster scope"
        if rest[0] == "namespaces" and len(rest) > 2:
            where, rest = f'in the namespace "{rest[1]}"', rest[2:]
        reads = "get" if len(rest) > 1 else "watch" if "watch" in self.query else "list"
        verb = {"GET": reads, "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}[self.command]
        resource = "/".join(rest[::2])
        what = f'{resource} "{rest[1]}"' if len(rest) > 1 else resource
        return f'{what} is forbidden: User "me" cannot {verb} resource "{resource}" in API group "{group}" {where}'

    def reply(self, code, body, content_type="application/json"):
        data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        if self.broken == "late":  # done, but nobody is told
            raise Cut()
        self.send_response(code)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(data)))
        if getattr(self, "retry_after", None):
            self.send_header("Retry-After", self.retry_after)
            self.retry_after = None
        self.end_headers()
        if self.broken == "cut":
            self.wfile.write(data[: len(data) // 2])
            raise Cut()
        self.wfile.write(data)

    def one(self, key, otherwise=""):
        return self.query.get(key, [otherwise])[0]

    def answer(self):
        parts = [p for p in self.route.split("/") if p]
        if self.route == "/version":
            return self.reply(200, {"major": "1", "minor": "34", "gitVersion": "v1.34.4"})
        if self.route in ("/api", "/apis"):
            if self.api.aggregated_discovery and "APIGroupDiscoveryList" in self.headers.get("Accept", ""):
                body = aggregated(self.api.storage.kinds, self.route == "/api")
                for item in body["items"]:
                    if item["metadata"]["name"] in self.api.broken_groups:
                        item["versions"] = [{"version": v["version"], "freshness": "Stale", "resources": []} for v in item["versions"]]
                return self.reply(200, body, "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")
            return self.reply(200, classic(self.api.storage.kinds, self.route))
        body = classic(self.api.storage.kinds, self.route)
        if body is not None:
            if len(parts) > 1 and parts[1] in self.api.broken_groups:
                raise ApiError(503, "ServiceUnavailable", "the server is currently unable to handle the request")
            return self.reply(200, body)
        base = "/".join(parts[:2] if parts[0] == "api" else parts[:3])
        rest = parts[2:] if parts[0] == "api" else parts[3:]
        namespace = ""
        if len(rest) > 2 and rest[0] == "namespaces" and rest[2] not in ("status", "finalize"):
            namespace, rest = rest[1], rest[2:]
        kind = next((k for k in self.api.storage.kinds if k.path == "/" + base and k.plural == rest[0]), None)
        if kind is None:
            raise ApiError(404, "NotFound", "the server could not find the requested resource")
        name = rest[1] if len(rest) > 1 else ""
        return self.object(kind, namespace, name, rest[2] if len(rest) > 2 else "")

    def object(self, kind, namespace, name, subresource):
        storage = self.api.storage
        if subresource == "exec":
            return self.exec(namespace, name)
        if self.command == "POST":
            made = storage.create(kind, namespace, json.loads(self.body))
            if kind.plural == "customresourcedefinitions":
                self.api.add_kind(made)
            if kind.plural == "pods":
                threading.Timer(0.05, self.api.run_pod, (namespace, made["metadata"]["name"])).start()
            return self.reply(201, made)
        if self.command == "GET" and not name:
            if self.one("watch") in ("1", "true"):
                return self.watch(kind, namespace)
            return self.reply(200, storage.list(kind, namespace, self.one("labelSelector"), self.one("fieldSelector"),
                                                int(self.one("limit", "0")), self.one("continue")))
        if self.command == "GET":
            return self.reply(200, storage.get(kind, namespace, name))
        if self.command == "DELETE":
            return self.reply(200, storage.delete(kind, namespace, name))
        if self.command == "PUT":
            new = json.loads(self.body)
            if subresource == "status":
                new = merge(storage.get(kind, namespace, name), {"status": new.get("status")})
            return self.reply(200, storage.replace(kind, namespace, name, new))
        return self.reply(200, storage.patch(kind, namespace, name, json.loads(self.body)))

    def watch(self, kind, namespace):
        storage, since = self.api.storage, int(self.one("resourceVersion", "0") or 0)
        if since < storage.compacted:
            raise ApiError(410, "Expired", "too old resource version")
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        deadline = time.time() + min(float(self.one("timeoutSeconds", "60")), 60)
        selector, field = self.one("labelSelector"), self.one("fieldSelector")
        position = 0
        while not self.api.stopping.is_set() and time.time() < deadline:
            with storage.lock:
                while position >= len(storage.history) and not self.api.stopping.is_set() and time.time() < deadline:
                    storage.lock.wait(0.5)
                events, position = storage.history[position:], len(storage.history)
            for version, key, type_, object_ in events:
                if version <= since or key != (kind.group, kind.plural):
                    continue
                if namespace and object_["metadata"].get("namespace") != namespace:
                    continue
                from storage import matches
                if selector and not matches(selector, object_["metadata"].get("labels") or {}):
                    continue
                if field.startswith("metadata.name=") and object_["metadata"]["name"] != field.split("=", 1)[1]:
                    continue
                line = json.dumps({"type": type_, "object": object_}).encode() + b"\n"
                if self.broken == "cut":
                    self.wfile.write(b"%x\r\n" % len(line) + line[: len(line) // 2])
                    raise Cut()
                self.wfile.write(b"%x\r\n" % len(line) + line + b"\r\n")
        self.wfile.write(b"0\r\n\r\n")

    # exec

    def exec(self, namespace, name):
        pod = self.api.storage.get(self.api.kind("Pod"), namespace, name)
        container = self.one("container") or pod["spec"]["containers"][0]["name"]
        known = [c["name"] for c in pod["spec"]["containers"]] + [c["name"] for c in pod["spec"].get("initContainers", [])]
        if container not in known:
            raise ApiError(400, "BadRequest", f"container {container} is not valid for pod {name}")
        if pod["status"]["phase"] != "Running":
            raise ApiError(500, "InternalError", f'container not found ("{container}")')
        offered = [p.strip() for p in self.headers.get("Sec-WebSocket-Protocol", "").split(",")]
        protocol = next((p for p in self.api.protocols if p in offered), None)
        if protocol is None:  # as a kubelet says it
            self.wfile.write(b"HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n")
            self.close_connection = True
            return
        if self.headers.get("Upgrade", "").lower() != "websocket":
            raise ApiError(400, "BadRequest", "you must specify at least 1 of stdin, stdout, stderr and upgrade the connection")
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", websocket.accept_key(self.headers["Sec-WebSocket-Key"]))
        self.send_header("Sec-WebSocket-Protocol", protocol)
        self.end_headers()
        argv = self.query.get("command", [])
        with self.api.lock:
            application = self.api.applications.setdefault((namespace, name), Application())
            application.commands.append((time.time(), container, argv))
        if self.broken == "cut":  # broke off before the command had its effect
            raise Cut()
        end = self.run(application, argv)
        if self.broken == "late" or end == "die":  # the command had its effect, its end is not told
            raise Cut()
        self.send(3, json.dumps(end).encode())
        self.wfile.write(websocket.frame((1000).to_bytes(2, "big"), 8))
        self.close_connection = True

    def send(self, channel, payload):
        self.wfile.write(websocket.frame(bytes([channel]) + payload))

    def run(self, application, argv):
        success = {"metadata": {}, "status": "Success"}
        word = argv[0]
        if word == "freeze":
            with self.api.lock:
                application.frozen_since = application.frozen_since or time.time()
        elif word == "thaw":
            with self.api.lock:
                if application.frozen_since:
                    application.freezes.append(time.time() - application.frozen_since)
                application.frozen_since = None
        elif word == "sleep":
            self.connection.settimeout(float(argv[1]))
            try:  # a client that hangs up ends the stream, not the command
                websocket.read_frame(self.rfile)
                time.sleep(float(argv[1]))
            except (TimeoutError, socket.timeout):
                pass
        elif word == "echo":
            self.send(1, " ".join(argv[1:]).encode() + b"\n")
            self.send(2, b"to stderr\n")
        elif word == "spew":
            left = int(argv[1])
            while left > 0:
                self.send(1, b"x" * min(left, 32768))
                left -= 32768
        elif word == "exit":
            self.send(2, b"failing on purpose\n")
            return {"metadata": {}, "status": "Failure", "reason": "NonZeroExitCode",
                    "message": f"command terminated with non-zero exit code: exit code {argv[1]}",
                    "details": {"causes": [{"reason": "ExitCode", "message": argv[1]}]}}
        elif word == "die":
            return "die"
        elif word != "true":
            return status(500, "InternalError", "Internal error occurred: error executing command in container: failed to exec in container: "
                          f'OCI runtime exec failed: exec failed: unable to start container process: exec: "{word}": executable file not found in $PATH')
        return success
