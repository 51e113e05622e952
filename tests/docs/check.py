"""Checks the documentation against the program: check.py GRAPNEL, from the top of the tree.

Each check is a function that returns what is wrong, as a list of sentences; none is good."""

import importlib.util
import json
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
METRIC = re.compile(r'"((?:velero|grapnel)_\w+)", (COUNTER|GAUGE|HISTOGRAM)')
FLAG = re.compile(r"^\s+(?:-(\w), )?\s*--([\w-]+)(\[=\S+\])?(\s.*)?$")
OPERATORS = ("|", "||", "&&", ";", ">", ">>", "<", "2>", "2>&1", "&", "do", "done")
MANIFEST = """apiVersion: velero.io/v1
kind: %s
metadata: {name: example}
spec:
%s"""


def run(*argv, stdin=None):
    return subprocess.run(argv, input=stdin, capture_output=True, text=True, timeout=60)


class Program:
    """What --help says that there is."""

    def __init__(self, path):
        self.path = path
        self.flags = {}
        self.helps = {}
        for name in self.names():
            text = run(path, *name.split(), "--help").stdout
            self.helps[name] = text
            self.flags[name] = dict(self.read_flags(text))

    def names(self):
        page = run(self.path, "completion", "bash").stdout
        groups = re.findall(r"^  ([\w-]+(?: [\w-]+)*)  ", self.section(run(self.path, "--help").stdout, "Commands"), re.M)
        assert page and groups, "grapnel --help lists no commands"
        for group in groups:
            text = run(self.path, *group.split(), "--help").stdout
            verbs = re.findall(r"^  ([\w-]+)  ", self.section(text, "Commands"), re.M)
            yield from [f"{group} {verb}" for verb in verbs] or [group]

    @staticmethod
    def section(text, title):
        found = re.search(rf"^{title}:\n((?:.+\n?)+)", text, re.M)
        return found[1] if found else ""

    @staticmethod
    def read_flags(text):
        for line in text.splitlines():
            found = FLAG.match(line)
            if found:
                letter, name, optional, rest = found.groups()
                takes_value = not optional and bool(rest) and not rest.startswith("  ")
                yield "--" + name, takes_value
                if letter:
                    yield "-" + letter, takes_value

    def command_of(self, words):
        for length in (3, 2, 1):
            name = " ".join(words[:length])
            if name in self.flags:
                return name, words[length:]
        return None, words

    def faults(self, words):
        """What is wrong with a command line, `words` without "grapnel"."""
        if not words or words[0] in ("COMMAND", "--help", "--version"):
            return []
        name, rest = self.command_of(words)
        if not name:
            if words[0] in {known.split()[0] for known in self.flags} and len(words) == 1:
                return []
            return [f"there is no command \"{' '.join(words[:2])}\""]
        faults = []
        while rest:
            word = rest.pop(0)
            if not word.startswith("-") or word == "-":
                continue
            flag = word.split("=")[0] if word.startswith("--") else word[:2]
            if flag not in self.flags[name]:
                faults.append(f"{name} has no flag {flag}")
            elif self.flags[name][flag] and flag == word:
                if not rest:
                    faults.append(f"{name} {flag} has no value")
                else:
                    rest.pop(0)
        return faults


def documents():
    names = run("git", "ls-files", "-co", "--exclude-standard", "*.md").stdout.split()
    return [Path(name) for name in names if "golden" not in name]


def check_links(path):
    wrong = []
    text = re.sub(r"```.*?```", "", path.read_text(), flags=re.S)
    for target in LINK.findall(text):
        file = target.split("#")[0]
        if "://" not in target and file and not (path.parent / file).exists():
            wrong.append(f"{path}: the link to {target} leads nowhere")
    return wrong


def blocks(path):
    """Code blocks: their language ("" for indented ones) and text."""
    language, lines, result = None, [], []
    before = ""
    for line in path.read_text().splitlines() + [""]:
        if language is None and line.startswith("```"):
            language, lines = line[3:].strip(), []
        elif language is not None and line.startswith("```"):
            result.append((language, "\n".join(lines)))
            language = None
        elif language is not None:
            lines.append(line)
        elif line.startswith("    ") and (not before.strip() or before.startswith("    ")):
            result.append(("", line.strip()))
        before = line
    return result


def inline(path):
    text = re.sub(r"```.*?```", "", path.read_text(), flags=re.S)
    for code in re.findall(r"`([^`\n]+)`", text):
        if code.startswith("grapnel "):
            yield re.sub(r"\|[\w|]+", "", code)  # `hooks plan|lint` stands for both


def command_lines(text):
    """Each call of grapnel in a piece of shell, as words; what is no shell is passed over."""
    for line in text.replace("\\\n", " ").splitlines():
        line = re.sub(r"^(\$|source) ", "", line.strip())
        try:
            words = shlex.split(line.replace("<(", " < ").replace(")", " ").replace("…", ""), comments=True)
        except ValueError:
            continue
        call = None
        for word in words + [";"]:
            if word in OPERATORS:
                if call is not None:
                    yield call
                call = None
            elif call is not None:
                call.append(word.rstrip(";"))
                if word.endswith(";"):
                    yield call
                    call = None
            elif word == "grapnel":
                call = []


def check_commands(program, path):
    wrong = []
    texts = [text for language, text in blocks(path) if language in ("", "sh", "bash", "console")]
    for text in texts + list(inline(path)):
        for words in command_lines(text):
            wrong += [f"{path}: `grapnel {' '.join(words)}`: {fault}" for fault in program.faults(words)]
    return wrong


def check_help(program, name):
    text, wrong = program.helps[name], []
    examples = re.split(r"^(?!Examples)\w.*:$", text.partition("Examples:\n")[2], flags=re.M)[0]
    calls = list(command_lines(examples))
    if not calls:
        wrong.append(f"grapnel {name} --help has no example")
    for words in calls:
        wrong += [f"the help of {name}: `grapnel {' '.join(words)}`: {fault}" for fault in program.faults(words)]
    return wrong


def manifest_of(text):
    """A whole manifest from an example that shows part of one; None when it is something else."""
    if re.search(r"^kind: (Backup|Restore|Schedule)$", text, re.M):
        return text
    indented = lambda depth: re.sub(r"^", " " * depth, text, flags=re.M)
    if text.startswith("postHooks:"):
        return MANIFEST % ("Restore", "  backupName: b\n  hooks:\n    resources:\n    - name: h\n" + indented(6))
    if text.startswith("hooks:"):
        kind = "Restore" if "postHooks:" in text else "Backup"
        return MANIFEST % (kind, ("  backupName: b\n" if kind == "Restore" else "") + indented(2))
    return None


def lint(program, manifest, name):
    result = run(program.path, "hooks", "lint", "-f", "-", stdin=manifest)
    if result.returncode == 0 and "error:" not in result.stdout:
        return []
    return [f"{name} does not pass lint: {result.stdout}{result.stderr}"]


def check_yaml(program, path):
    wrong = []
    for number, (language, text) in enumerate(blocks(path), 1):
        manifest = manifest_of(text) if language == "yaml" else None
        if language == "yaml" and not manifest and path.name == "hooks.md":
            wrong.append(f"{path}: example {number} is neither hooks nor a manifest")
        if manifest:
            wrong += lint(program, manifest, f"{path}: example {number}")
    return wrong


def check_complete():
    """docs/compatibility.md has a row for every flag and command that Velero's help names."""
    text = Path("docs/compatibility.md").read_text()
    helps = Path("tests/golden/velero-1.18.0/cli")
    wrong = []
    for command in ("backup-create", "restore-create", "schedule-create", "backup-describe", "backup-location-create"):
        lines = (helps / f"help-{command}.txt").read_text().split("Global Flags:")[0]
        for flag in re.findall(r"^ +(?:-\w, )?(--[a-z-]+)", lines, re.M):
            if flag != "--help" and not re.search(re.escape(flag) + r"(?![a-z-])", text):
                wrong.append(f"docs/compatibility.md does not say what became of {command} {flag}")
    commands = (helps / "help-velero.txt").read_text().partition("Available Commands:")[2].partition("\nFlags:")[0]
    for command in re.findall(r"^  (\S+) ", commands, re.M):
        if command != "help" and f"`velero {command}" not in text:
            wrong.append(f"docs/compatibility.md does not say what became of velero {command}")
    return wrong


def check_told():
    """docs/operations.md names every metric and every reason of an Event that the server has."""
    text = Path("docs/operations.md").read_text()
    told = [name for name, _ in METRIC.findall(Path("src/server/metrics.c").read_text())]
    for path in sorted(Path("src/server").glob("*.c")):
        for call in re.findall(r"\b(?:kube_record|job_tell_warnings)\(.*?;", path.read_text(), re.S):
            told += re.findall(r'"([A-Z]\w+)"', call)
    return [f"docs/operations.md does not name {name}" for name in sorted(set(told)) if f"`{name}`" not in text]


def check_manual(program):
    pages = ["grapnel.1"] + ["grapnel-%s.1" % name.replace(" ", "-") for name in program.flags]
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        paths = [f"{folder}/{page}" for page in pages]
        result = run(program.path, "man-pages", *paths)
        if result.returncode:
            return [f"the manual pages cannot be made: {result.stderr}"]
        for path in map(Path, paths):
            text = path.read_text()
            if not text.startswith(".TH ") or "\n.SH NAME\n" not in text:
                wrong.append(f"{path.name} has no .TH or no NAME")
            if shutil.which("man"):
                shown = run("man", "--warnings", "-l", str(path))
                if shown.returncode or shown.stderr.strip() or len(shown.stdout) < 200:
                    wrong.append(f"man -l {path.name}: {shown.stderr or 'shows nothing'}")
    return wrong


def check_metrics(path):
    """Each metric that a dashboard or an alert asks for is in the server's table; histograms have three series."""
    rows = METRIC.findall(Path("src/server/metrics.c").read_text())
    series = {name for name, kind in rows if kind != "HISTOGRAM"}
    series |= {name + end for name, kind in rows if kind == "HISTOGRAM" for end in ("_bucket", "_sum", "_count")}
    text = path.read_text()
    if path.suffix == ".json":
        expressions = [target["expr"] for panel in json.loads(text)["panels"] for target in panel["targets"]]
    else:
        expressions = re.findall(r"^    expr: (.*(?:\n      .*)*)", text, re.M)
    used = {name for e in expressions for name in re.findall(r"\b(?:velero|grapnel)_\w+", e)}
    return [f"{path}: the server has no metric {name}" for name in sorted(used - series)] + ([] if used else [f"{path} asks for no metric"])


def check_alerts():
    """What promtool says of the alerts, and of what they say when; nothing where there is no promtool."""
    promtool = shutil.which("promtool")
    if not promtool:
        print("alerts: not tried, there is no promtool in PATH")
        return []
    runs = [run(promtool, "check", "rules", "deploy/prometheus/grapnel-rules.yaml"), run(promtool, "test", "rules", "tests/docs/alerts.yaml")]
    return [r.stdout + r.stderr for r in runs if r.returncode != 0]


CREDENTIALS = "[default]\naws_access_key_id = a\naws_secret_access_key = b\n"
# Flags of install, and the values of the chart that stand for them.
INSTALLS = [
    (["--no-default-backup-location", "--no-secret"], {}),
    (["--provider", "aws", "--bucket", "b", "--prefix", "p", "--backup-location-config", "region=eu-central-1,s3ForcePathStyle=true",
      "--secret-file", "CREDENTIALS", "--image", "example.test/grapnel:1"],
     {"provider": "aws", "bucket": "b", "prefix": "p", "config": {"region": "eu-central-1", "s3ForcePathStyle": "true"},
      "credentials": CREDENTIALS, "image": "example.test/grapnel:1"}),
    (["--provider", "filesystem", "--bucket", "main", "--backup-location-config", "path=/backups", "--volume-claim", "claim"],
     {"provider": "filesystem", "bucket": "main", "config": {"path": "/backups"}, "volume": {"persistentVolumeClaim": {"claimName": "claim"}}}),
]


def by_name(objects):
    return {(o["kind"], o["metadata"]["name"]): o for o in objects}


def check_chart(program):
    """Helm makes of the chart what install makes, but for the namespace; nothing where there is no helm."""
    helm = shutil.which("helm")
    if not helm or not importlib.util.find_spec("yaml"):
        print("chart: not tried, there is no helm in PATH, or no Python module yaml")
        return []
    import yaml
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        chart, values, secret = (f"{folder}/{name}" for name in ("chart", "values.json", "credentials"))
        Path(secret).write_text(CREDENTIALS)
        run(program.path, "install", "--no-default-backup-location", "--no-secret", "--helm-chart", chart)
        lint_run = run(helm, "lint", "--strict", chart)
        if lint_run.returncode != 0:
            wrong.append(lint_run.stdout + lint_run.stderr)
        for flags, given in INSTALLS:
            flags = [secret if f == "CREDENTIALS" else f for f in flags]
            Path(values).write_text(json.dumps(given))
            made = by_name(yaml.safe_load(run(program.path, "install", *flags, "--dry-run", "-o", "yaml").stdout)["items"])
            rendered = by_name(filter(None, yaml.safe_load_all(
                run(helm, "template", "grapnel", chart, "--namespace", "velero", "--include-crds", "-f", values).stdout)))
            del made["Namespace", "velero"]
            wrong += [f"with {' '.join(flags)}: {' '.join(key)} differs between helm and install"
                      for key in sorted(made.keys() | rendered.keys()) if made.get(key) != rendered.get(key)]
    return wrong


def main():
    program = Program(sys.argv[1])
    passed = failed = 0

    def report(name, wrong):
        nonlocal passed, failed
        passed, failed = passed + (not wrong), failed + bool(wrong)
        for sentence in wrong:
            print(f"FAILED {name}: {sentence}")

    for path in documents():
        report("links", check_links(path))
        report("commands", check_commands(program, path))
        report("examples", check_yaml(program, path))
    for name in program.flags:
        report("help", check_help(program, name))
    for path in sorted(Path("examples").glob("*/*.yaml")):
        if path.name in ("backup.yaml", "schedule.yaml", "restore.yaml"):
            report("examples", lint(program, path.read_text(), str(path)))
    for path in (Path("deploy/prometheus/grapnel-rules.yaml"), Path("deploy/grafana/grapnel.json")):
        report("metrics", check_metrics(path))
    report("alerts", check_alerts())
    report("chart", check_chart(program))
    report("compatibility", check_complete())
    report("operations", check_told())
    report("manual", check_manual(program))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
