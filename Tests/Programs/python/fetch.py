"""Makes one HTTP request and prints what came of it: arguments SCHEME AUTHORITY PATH [METHOD [BODY]]."""
from wit_world import exports
from componentize_py_types import Err
from wit_world.imports import outgoing_handler
from wit_world.imports.wasi_http_types import (
    Fields, OutgoingRequest, OutgoingBody, IncomingBody, Method_Get, Method_Post, Method_Other, Scheme_Http, Scheme_Https)
from wit_world.imports.streams import StreamError_Closed
import hashlib
import sys


def fetch(scheme, authority, path, method=None, body=None):
    request = OutgoingRequest(Fields.from_list([("x-asked-by", b"a component of Python")]))
    request.set_scheme(Scheme_Https() if scheme == "https" else Scheme_Http())
    request.set_authority(authority)
    request.set_path_with_query(path)
    if method:
        request.set_method(Method_Other(method) if method not in ("GET", "POST") else Method_Post() if method == "POST" else Method_Get())
    sent = request.body() if body is not None else None
    future = outgoing_handler.handle(request, None)
    if sent is not None:
        with sent.write() as stream:
            data = body.encode()
            while data:
                stream.blocking_write_and_flush(data[:4096])
                data = data[4096:]
        OutgoingBody.finish(sent, None)
    pollable = future.subscribe()
    pollable.block()
    pollable.__exit__(None, None, None)
    answer = future.get()
    response = answer.value
    if isinstance(response, Err):
        return response.value, [], b""
    response = response.value
    data = b""
    with response.headers() as fields:
        entries = fields.entries()
    incoming = response.consume()
    with incoming.stream() as stream:
        while True:
            try:
                data += stream.blocking_read(65536)
            except Err as error:
                if isinstance(error.value, StreamError_Closed):
                    break
                raise
    IncomingBody.finish(incoming)
    return response.status(), entries, data


class Run(exports.Run):
    def run(self) -> None:
        words = sys.argv[1:]
        try:
            status, fields, body = fetch(*words)
        except Err as error:
            print("error", error.value)
            sys.exit(3)
        print("status", status)
        for name, value in fields:
            if name.lower().startswith("x-"):
                print("field", name.lower(), value.decode())

        print("body", len(body), hashlib.sha256(body).hexdigest())
