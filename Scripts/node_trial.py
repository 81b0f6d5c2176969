"""A node of one's own for the trials of soak-node and try-node-faults: starting it, deploying to it, asking it, and what its processes take."""
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


class BrokenOff(ConnectionError):
    """An answer that has begun, and that visibly did not come to its end."""


class Node:
    """`coffer-node serve` on a free port of loopback, with its data in a directory of its own."""

    def __init__(self, programs, data, arguments=()):
        self.programs, self.data, self.arguments = pathlib.Path(programs), pathlib.Path(data), list(arguments)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.log = open(self.data.parent / "node.log", "ab")
        self.process = None

    def start(self):
        command = [self.programs / "coffer-node", "serve", "--listen", f"127.0.0.1:{self.port}", "--data", self.data, *self.arguments]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        end = time.monotonic() + 30
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError(f"the node ended with status {self.process.returncode}: {self.complaints()}")
            try:
                if self.ask("GET", "/v1/openapi.json", timeout=2)[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise RuntimeError(f"the node does not answer: {self.complaints()}")

    def complaints(self):
        return (self.data.parent / "node.log").read_text(errors="replace")[-2000:]

    def stop(self):
        """As an operator does. Its exit status."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return "no end within 30 s of SIGTERM"

    def kill(self):
        self.process.kill()
        self.process.wait()

    def token(self):
        return (self.data / "admin-token").read_text().strip()

    def ask(self, method, path, body=None, headers=None, timeout=30):
        """Status and body of the answer, over a connection of its own. OSError where there is none, BrokenOff where it is half of one."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        except http.client.IncompleteRead as failure:
            raise BrokenOff(f"{len(failure.partial)} bytes came") from None
        except http.client.HTTPException as failure:
            raise ConnectionError(f"{type(failure).__name__}: {failure}") from None
        finally:
            connection.close()

    def manage(self, method, path, body=None, kind="application/octet-stream", timeout=60):
        headers = {"Authorization": f"Bearer {self.token()}"}
        if body is not None:
            headers["Content-Type"] = kind
        return self.ask(method, path, body, headers, timeout)

    def deploy(self, name, image, manifest=None, timeout=60):
        path = f"/v1/functions/{name}"
        if manifest is None:
            return self.manage("PUT", path, image, timeout=timeout)
        boundary = "coffer-trial-part"
        body = b""
        for part, content in (("manifest", manifest.encode()), ("program", image)):
            body += f'--{boundary}\r\nContent-Disposition: form-data; name="{part}"; filename="{part}"\r\n\r\n'.encode() + content + b"\r\n"
        body += f"--{boundary}--\r\n".encode()
        return self.manage("PUT", path, body, f"multipart/form-data; boundary={boundary}", timeout)

    def must_deploy(self, name, image, manifest=None):
        status, body = self.deploy(name, image, manifest)
        if not 200 <= status < 300:
            raise RuntimeError(f"deploying {name}: {status} {body[:500]!r}; {self.complaints()}")

    def processes(self):
        """The node's own and all that it has started, with their names."""
        parents, names = {}, {}
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    text = pathlib.Path(f"/proc/{entry}/stat").read_text()
                except OSError:
                    continue
                names[int(entry)] = text[text.index("(") + 1 : text.rindex(")")]
                parents[int(entry)] = int(text[text.rindex(")") :].split()[2])
        members = [self.process.pid]
        for member in members:
            members += [pid for pid, parent in parents.items() if parent == member]
        return {pid: names.get(pid, "") for pid in members}

    def monitors(self):
        return [pid for pid, name in self.processes().items() if name.startswith("coffer-monitor")]

    def memory(self):
        """KiB of the front and of the monitor processes, shared memory counted once, and open files."""
        front = monitors = files = 0
        for pid, name in self.processes().items():
            try:
                rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
                files += len(os.listdir(f"/proc/{pid}/fd"))
            except OSError:
                continue
            share = next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
            if pid == self.process.pid:
                front += share
            else:
                monitors += share
        return front, monitors, files


def build(programs, application, manifest=None):
    """An image's bytes."""
    with tempfile.TemporaryDirectory(prefix="coffer-trial-") as place:
        command = [pathlib.Path(programs) / "coffer-tools", "build", application, "-o", f"{place}/image"]
        if manifest is not None:
            pathlib.Path(place, "coffer.yaml").write_text(manifest)
            command += ["--manifest", f"{place}/coffer.yaml"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return pathlib.Path(place, "image").read_bytes()


def raw(port, data, patience=2.0):
    """What comes back for these bytes, until the other side closes or says nothing more."""
    with socket.create_connection(("127.0.0.1", port), timeout=patience) as connection:
        answer = b""
        try:
            connection.sendall(data)
            while len(answer) < 1 << 16:
                more = connection.recv(65536)
                if not more:
                    break
                answer += more
        except OSError:
            pass
        return answer


def listing(node):
    """Names of the functions that the node says it has."""
    status, body = node.manage("GET", "/v1/functions")
    if status != 200:
        raise RuntimeError(f"the list of functions: {status} {body[:300]!r}")
    functions = json.loads(body)
    if isinstance(functions, dict):
        functions = functions["functions"]
    return {function["name"] for function in functions}
