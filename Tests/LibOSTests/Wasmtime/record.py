#!/usr/bin/env python3
"""record.py FILE...: runs each script of WASI calls under Wasmtime (PyPI `wasmtime`) and writes the answers behind the calls.

A script is lines of `function arguments => answers`; RecordedCalls.swift reads the same and says what the notation means.
A line that starts with `!` is an answer that differs from Wasmtime's by intent, and is left as it is.
"""
import os, re, shutil, struct, sys, tempfile
import wasmtime

SIGNATURES = {}
for name, params, results in re.findall(
    r'\("(\w+)", "(\w*)", "(\w*)"\)',
    open(os.path.join(os.path.dirname(__file__), "../../../Sources/LibOS/WASI/WASIFunctionTable.swift")).read()):
    SIGNATURES[name] = (params, results)

def module():
    types = {"i": "i32", "I": "i64"}
    lines = ["(module"]
    for name, (params, results) in SIGNATURES.items():
        p = "".join(f" (param {types[c]})" for c in params)
        r = "".join(f" (result {types[c]})" for c in results)
        lines.append(f'(import "wasi_snapshot_preview1" "{name}" (func $i_{name}{p}{r}))')
    lines.append('(memory (export "memory") 4 4)')
    for name, (params, results) in SIGNATURES.items():
        p = "".join(f" (param {types[c]})" for c in params)
        r = "".join(f" (result {types[c]})" for c in results)
        body = " ".join(f"(local.get {i})" for i in range(len(params)))
        lines.append(f'(func (export "{name}"){p}{r} {body} call $i_{name})')
    return "\n".join(lines) + ")"

def populate(root):
    """The directory tree of every script; TemporaryTree.swift makes the same."""
    def put(path, data):
        os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
        with open(os.path.join(root, path), "wb") as f: f.write(data)
    os.makedirs(os.path.join(root, "rw/empty")); os.makedirs(os.path.join(root, "ro"))
    put("rw/hello.txt", b"hello world\n")
    put("rw/dir/inner.txt", b"inner")
    put("rw/dir/deep/deepest.txt", b"deepest")
    os.symlink("hello.txt", os.path.join(root, "rw/link"))
    os.symlink("dir", os.path.join(root, "rw/dirlink"))
    os.symlink("../outside.txt", os.path.join(root, "rw/escape"))
    os.symlink("/etc/passwd", os.path.join(root, "rw/absolute"))
    os.symlink("nowhere", os.path.join(root, "rw/dangling"))
    os.symlink("loop", os.path.join(root, "rw/loop"))
    put("ro/fixed.txt", b"fixed")
    put("ro/sub/file.txt", b"file")
    put("outside.txt", b"outside")
    for path in ["rw/hello.txt", "rw/dir/inner.txt", "ro/fixed.txt"]:
        os.utime(os.path.join(root, path), ns=(1_000_000_000, 2_000_000_000))

class Run:
    def __init__(self, engine, compiled):
        self.root = tempfile.mkdtemp()
        populate(self.root)
        self.input = tempfile.NamedTemporaryFile(); self.input.write(b"typed input"); self.input.flush()
        self.output = tempfile.NamedTemporaryFile()
        config = wasmtime.WasiConfig()
        config.argv = ["program", "first", ""]
        config.env = [("A", "1"), ("LONG", "x=y")]
        config.stdin_file = self.input.name
        config.stdout_file = self.output.name
        config.stderr_file = self.output.name
        config.preopen_dir(self.root + "/rw", "/data")
        config.preopen_dir(self.root + "/ro", "fixed", False)
        self.store = wasmtime.Store(engine)
        self.store.set_wasi(config)
        linker = wasmtime.Linker(engine); linker.define_wasi()
        self.instance = linker.instantiate(self.store, compiled)
        self.memory = self.instance.exports(self.store)["memory"]

    def write(self, at, data): self.memory.write(self.store, data, at)
    def read(self, at, n): return bytes(self.memory.read(self.store, at, at + n))

    def call(self, line):
        self.next = 1024
        def room(n, align=8):
            self.next = (self.next + align - 1) // align * align
            at = self.next; self.next += n + 16
            return at
        name, *_ = line.split(None, 1)
        arguments, outputs = [], []
        for token in re.findall(r'"[^"]*"|\S+', line)[1:]:
            if m := re.fullmatch(r'"(.*)"', token):  # a path
                data = text(m[1]); at = room(len(data), 1); self.write(at, data); arguments += [at, len(data)]
            elif m := re.fullmatch(r'<(.*)>', token):  # buffers to write
                parts = [text(p) for p in m[1].split(",")] if m[1] else []
                vectors = room(8 * len(parts))
                for i, data in enumerate(parts):
                    at = room(len(data), 1); self.write(at, data)
                    self.write(vectors + 8 * i, struct.pack("<II", at, len(data)))
                arguments += [vectors, len(parts)]
            elif m := re.fullmatch(r'\[(.*)\]', token):  # buffers to read
                sizes = [int(p) for p in m[1].split(",")] if m[1] else []
                vectors = room(8 * len(sizes)); places = []
                for i, size in enumerate(sizes):
                    at = room(size, 1); self.write(at, b"\xee" * size); places.append((at, size))
                    self.write(vectors + 8 * i, struct.pack("<II", at, size))
                arguments += [vectors, len(sizes)]
                outputs.append(lambda places=places: quote(b"".join(self.read(a, n) for a, n in places)))
            elif m := re.fullmatch(r'\*(\w+)(?::(\d+))?', token):
                kind, size = m[1], int(m[2] or 0)
                n = {"u32": 4, "u64": 8, "fdstat": 24, "stat": 64, "times": 64, "prestat": 8}.get(kind, size)
                at = room(n); self.write(at, b"\xee" * n); arguments.append(at)
                if kind in ("text", "entries"): arguments.append(size)
                outputs.append(lambda kind=kind, at=at, n=n: show(kind, self.read(at, n)))
            elif m := re.fullmatch(r'\{(.*)\}', token):  # subscriptions of poll_oneoff, and room for the events
                parts = m[1].split(",") if m[1] else []
                at = room(48 * len(parts)); events = room(32 * len(parts))
                for i, part in enumerate(parts): self.write(at + 48 * i, subscription(part, i))
                self.write(events, b"\xee" * 32 * len(parts))
                arguments += [at, events, len(parts)]
                outputs.append(lambda events=events, n=len(parts): show_events(self.read(events, 32 * n)))
            else:
                arguments.append(int(token, 0))
        params = SIGNATURES[name][0]
        assert len(params) == len(arguments), (line, arguments)
        signed = [wrap(v, 32 if c == "i" else 64) for c, v in zip(params, arguments)]
        try:
            errno = self.instance.exports(self.store)[name](self.store, *signed)
        except wasmtime.ExitTrap as e:
            return f"exit {e.code}"
        except (wasmtime.Trap, wasmtime.WasmtimeError) as e:
            if os.environ.get("VERBOSE"): print(line, str(e)[-300:], file=sys.stderr)
            return "trap"
        return " ".join([str(errno)] + ([o() for o in outputs] if errno == 0 else []))

def wrap(v, bits):
    v &= (1 << bits) - 1
    return v - (1 << bits) if v >> (bits - 1) else v

def text(s):
    return re.sub(rb"\\x(..)", lambda m: bytes([int(m[1], 16)]), s.replace("\\s", " ").encode()) if not s.startswith("@") \
        else b"x" * int(s[1:])

def quote(b):
    return '"' + "".join(chr(c) if 33 <= c < 127 and c not in (34, 92) else f"\\x{c:02x}" for c in b) + '"'

def show(kind, b):
    if kind == "u32": return str(struct.unpack("<I", b)[0])
    if kind == "u64": return str(struct.unpack("<Q", b)[0])
    if kind == "skip": return "-"
    if kind == "fdstat":
        t, flags, base, inheriting = struct.unpack("<BxHxxxxQQ", b)
        return f"{t}/{flags}/{base:x}/{inheriting:x}"
    if kind in ("stat", "times"):
        dev, ino, t, nlink, size, a, m, c = struct.unpack("<QQBxxxxxxxQQQQQ", b)
        if t == 3: nlink = size = 0
        return f"{t}/{nlink}/{size}" + (f"/{a}/{m}" if kind == "times" else "")
    if kind == "prestat": return "%d/%d" % struct.unpack("<BxxxI", b)
    if kind == "text": return quote(b)
    if kind == "entries":
        found, at, last = [], 0, 0
        while at + 24 <= len(b):
            d_next, ino, n, t = struct.unpack("<QQIB", b[at:at + 21])
            if d_next == 0xEEEEEEEEEEEEEEEE or at + 24 + n > len(b): break
            found.append((b[at + 24:at + 24 + n].decode(), t)); at += 24 + n; last = d_next
        return ",".join(f"{n}:{t}" for n, t in sorted(found)) + f";{last}"
    raise ValueError(kind)

def subscription(part, index):
    kind, *rest = part.split(":")
    head = struct.pack("<QBxxxxxxx", 100 + index, {"clock": 0, "read": 1, "write": 2, "bad": 9}[kind])
    if kind == "clock":
        clock, timeout, flags = (int(v) for v in rest)
        return head + struct.pack("<IxxxxQQHxxxxxx", clock, timeout, 0, flags)
    return head + struct.pack("<I", int(rest[0]) if rest else 0) + bytes(28)

def show_events(b):
    shown = []
    for at in range(0, len(b), 32):
        data, errno, t, n, flags = struct.unpack("<QHBxxxxxQHxxxxxx", b[at:at + 32])
        if data != 0xEEEEEEEEEEEEEEEE: shown.append(f"{data}:{errno}:{t}:{n}:{flags}")
    return ",".join(shown)

engine = wasmtime.Engine()
compiled = wasmtime.Module(engine, wasmtime.wat2wasm(module()))
for path in sys.argv[1:]:
    lines, run = [], None
    for line in open(path).read().splitlines():
        if not line.strip() or line.startswith("#"):
            lines.append(line)
            if line.startswith("# "): run = None  # each heading starts afresh
            continue
        run = run or Run(engine, compiled)
        difference = line.startswith("!")
        call = line.lstrip("! ").split("=>")[0].strip()
        answer = run.call(call)
        lines.append(line if difference else f"{call} => {answer}")
        if answer == "trap" and not difference or answer.startswith("exit"): run = None
    open(path, "w").write("\n".join(lines) + "\n")
