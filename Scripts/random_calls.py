"""Scripts of random WASI calls, in the notation of Tests/LibOSTests/Wasmtime/*.calls without answers: the same from the same seed.

Descriptors, names, flags, rights, offsets and lengths are mixed as no program would mix them. Left out is what Wasmtime or the host answers in a way
of its own: arguments of which the scripts say so with "!" (trailing slashes where something is removed or made, several buffers to read at once),
times that nobody set, cookies, names that leave their directory by way of one that is not there, and places in files so far behind their ends that only a host's disk has room for them.
"""
import random

# What interpreter.c makes before each section, what is not there, and what no file system may let through.
NAMES = [
    "hello.txt", "hello.txt", "dir", "dir/inner.txt", "dir/deep", "dir/deep/deepest.txt", "empty", "new", "new", "dir/new", "empty/new",
    "link", "dirlink", "dirlink/inner.txt", "dirlink/new", "loop", "dangling", "escape", ".", "..", "", "/", "/hello.txt", "../outside.txt",
    "dir/..", "dir/../hello.txt", "./hello.txt", "dir//inner.txt", "dir/.", "new/..", "new/../hello.txt", "new/new",
    "hello.txt/new", "hello.txt/..", "link/new", "loop/new", "fixed.txt", "sub", "a:b", "\\s", "\\xff", "n\\x00x", "@255", "@256", "@4095", "@4096",
]
WITH_SLASH = ["dir/", "hello.txt/", "link/", "dirlink/", "new/", "dangling/", "empty//"]
RIGHTS = [2, 64, 66, 0, 0x3FFFFFFF, 0x3FFFFFFF & ~64]
OFFSETS = [0, 0, 1, 2, 5, 10, 100, 4095, 4096, 4097, 65536, 2**63 - 1, 2**63, 2**64 - 1, 2**64 - 2, 2**63 - 2, 2**64 - 100]
TIMES = [0, 1, 999999999, 1000000000, 123456789012345, 2**64 - 1, 2**63 - 1, 2**63, 2**62]


class Script:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.calls = [
            (26, self.open), (4, self.read), (4, self.pread), (5, self.write), (4, self.pwrite), (5, self.seek), (3, self.close), (2, self.renumber),
            (3, self.status), (3, self.descriptor_flags), (3, self.size), (3, self.times), (2, self.advise), (3, self.entries), (3, self.make),
            (4, self.path_status), (3, self.path_times), (4, self.link), (3, self.symlink), (3, self.readlink), (4, self.rename), (3, self.unlink),
            (2, self.remove), (2, self.prestat), (2, self.poll), (3, self.other),
        ]

    def section(self, title, count):
        weights = [weight for weight, _ in self.calls]
        lines = [f"# {title}"]
        for call in self.random.choices([call for _, call in self.calls], weights, k=count):
            lines.append(call())
        return "\n".join(lines)

    # Arguments

    def one_of(self, *values):
        return self.random.choice(values)

    def rarely(self, among):
        return self.random.randrange(among) == 0

    def name(self, slash=True):
        if slash and self.rarely(12):
            return f'"{self.random.choice(WITH_SLASH)}"'
        return f'"{self.random.choice(NAMES)}"'

    def descriptor(self):
        """Of anything: mostly what was opened; 2 carries the answers."""
        kind = self.random.randrange(12)
        if kind < 1:
            return self.one_of(0, 1)
        return self.random.randrange(3, 5) if kind < 3 else self.random.randrange(16) if kind < 4 and not self.rarely(9) else self.random.randrange(5, 10)

    def opened(self):
        return self.random.randrange(5, 10)

    def directory(self):
        kind = self.random.randrange(16)
        return 3 if kind < 10 else 4 if kind < 12 else self.random.randrange(5) if kind < 13 else self.random.randrange(3, 12)

    def offset(self):
        return self.random.choice(OFFSETS)

    def time(self):
        return self.random.choice(TIMES)

    def text(self):
        return "".join(self.random.choice("abcdefgh") for _ in range(self.random.randrange(40))) if self.random.randrange(8) else f"@{self.random.randrange(5000)}"

    def buffers(self, form, content):
        """One that has something, empty ones around it."""
        empty = "@0" if form == "<>" else "0"
        parts = [empty] * self.random.randrange(3)
        parts.insert(self.random.randrange(len(parts) + 1), content)
        return form[0] + ",".join(parts) + form[1]

    def filled(self):
        return self.buffers("<>", self.text() or "@0")

    def free(self):
        return self.buffers("[]", str(self.one_of(0, 1, 7, 40, 300)))

    # Calls

    def open(self):
        flags = 0 if self.random.randrange(4) else self.one_of(1, 4, 1, 4, self.random.randrange(32))
        creation = self.one_of(0, 0, 1, 1, self.random.randrange(16))
        rights = self.random.choice(RIGHTS + [self.random.randrange(2**30)])
        return f"path_open {self.directory()} {self.one_of(0, 1)} {self.name()} {creation} {rights} {self.random.choice(RIGHTS)} {flags} *u32"

    def read(self):
        return f"fd_read {self.opened()} {self.free()} *u32"

    def pread(self):
        return f"fd_pread {self.descriptor()} {self.free()} {self.offset()} *u32"

    def write(self):
        return f"fd_write {self.opened()} {self.filled()} *u32"

    def pwrite(self):
        return f"fd_pwrite {self.descriptor()} {self.filled()} {self.offset()} *u32"

    def seek(self):
        place = self.random.randrange(-100, 200) if self.rarely(2) else self.offset()
        return self.one_of(f"fd_seek {self.descriptor()} {place} {self.random.randrange(3)} *u64", f"fd_tell {self.descriptor()} *u64")

    def close(self):
        return f"fd_close {self.opened()}"

    def renumber(self):
        return f"fd_renumber {self.opened()} {self.opened() if self.random.randrange(6) else self.random.randrange(3, 5)}"

    def status(self):
        return self.one_of(f"fd_filestat_get {self.random.randrange(3, 10)} *stat", f"fd_fdstat_get {self.random.randrange(3, 10)} *fdstat")

    def descriptor_flags(self):
        return self.one_of(
            f"fd_fdstat_set_flags {self.descriptor()} {self.random.randrange(32)}",
            f"fd_fdstat_set_rights {self.descriptor()} {self.random.choice(RIGHTS)} {self.random.choice(RIGHTS)}")

    def size(self):
        return self.one_of(f"fd_filestat_set_size {self.descriptor()} {self.offset()}", f"fd_sync {self.descriptor()}", f"fd_datasync {self.descriptor()}")

    def times(self):
        return f"fd_filestat_set_times {self.descriptor()} {self.time()} {self.time()} {self.random.randrange(16)}"

    def advise(self):
        return self.one_of(
            f"fd_advise {self.descriptor()} {self.offset()} {self.offset()} {self.random.randrange(6)}",
            f"fd_allocate {self.descriptor()} {self.offset()} {self.offset()}")

    def entries(self):
        return f"fd_readdir {self.directory()} *names:8192 0 *skip:4"

    def make(self):
        return f"path_create_directory {self.directory()} {self.name()}"

    def path_status(self):
        return f"path_filestat_get {self.directory()} {self.one_of(0, 1)} {self.name()} *stat"

    def path_times(self):
        """Some of them: to set none, hosts do not look at the name."""
        directory, follow, name = self.directory(), self.one_of(0, 1), self.name()
        return f"path_filestat_set_times {directory} {follow} {name} {self.time()} {self.time()} {self.random.randrange(1, 16)}"

    def link(self):
        return f"path_link {self.directory()} {self.one_of(0, 0, 0, 1)} {self.name(False)} {self.directory()} {self.name(False)}"

    def symlink(self):
        return f"path_symlink {self.name()} {self.directory()} {self.name(False)}"

    def readlink(self):
        return f"path_readlink {self.directory()} {self.name()} *text:{self.one_of(0, 1, 5, 300)} *u32"

    def rename(self):
        return f"path_rename {self.directory()} {self.name()} {self.directory()} {self.name()}"

    def unlink(self):
        return f"path_unlink_file {self.directory()} {self.name(False)}"

    def remove(self):
        name = self.name(False)
        return f"path_remove_directory {self.directory()} {name if not name.endswith('/..' + chr(34)) else chr(34) + 'empty' + chr(34)}"

    def prestat(self):
        return self.one_of(f"fd_prestat_get {self.descriptor()} *prestat", f"fd_prestat_dir_name {self.descriptor()} *text:{self.random.randrange(20)}")

    def poll(self):
        kind = self.one_of("read", "write")
        return self.one_of(f"poll_oneoff {{clock:1:{self.random.randrange(1000)}:0}} *u32", f"poll_oneoff {{{kind}:{self.opened()}}} *u32", "poll_oneoff {} *u32")

    def other(self):
        return self.one_of(
            f"sock_accept {self.descriptor()} {self.one_of(0, 4)} *u32", f"sock_shutdown {self.descriptor()} {self.random.randrange(4)}",
            f"sock_recv {self.descriptor()} {self.free()} {self.random.randrange(4)} *u32 *u32", f"sock_send {self.descriptor()} {self.filled()} 0 *u32",
            f"clock_res_get {self.random.randrange(2, 5)} *u64", f"clock_time_get {self.random.randrange(5)} 0 *skip:8", f"random_get 4096 {self.random.randrange(99)}",
            "sched_yield")


def script(seed, sections=16, calls=60):
    """The text of one: so many sections, each from a fresh start, as long as the interpreter's memory allows."""
    made = Script(seed)
    return "\n".join(made.section(f"random, seed {seed}", calls) for _ in range(sections)) + "\n"
