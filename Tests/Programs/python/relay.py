"""Answers with what another server answers: the path is /SCHEME/AUTHORITY/PATH. The body goes through in pieces, both ways."""
from wit_world import exports
from componentize_py_types import Ok, Err
from wit_world.imports import outgoing_handler
from wit_world.imports.types import (
    Fields, IncomingRequest, OutgoingRequest, OutgoingResponse, OutgoingBody, ResponseOutparam, IncomingBody, Method_Get,
    Scheme_Http, Scheme_Https)
from wit_world.imports.streams import StreamError_Closed


def pour(source, target):
    while True:
        try:
            data = source.blocking_read(65536)
        except Err as error:
            if isinstance(error.value, StreamError_Closed):
                return
            raise
        while data:
            target.blocking_write_and_flush(data[:4096])
            data = data[4096:]


class IncomingHandler(exports.IncomingHandler):
    def handle(self, request: IncomingRequest, response_out: ResponseOutparam) -> None:
        _, scheme, authority, path = request.path_with_query().split("/", 3)
        out = OutgoingRequest(Fields.from_list([("x-asked-by", b"a relay of Python")]))
        out.set_method(request.method())
        out.set_scheme(Scheme_Https() if scheme == "https" else Scheme_Http())
        out.set_authority(authority)
        out.set_path_with_query("/" + path)
        has_body = not isinstance(request.method(), Method_Get)
        sent = out.body() if has_body else None
        try:
            future = outgoing_handler.handle(out, None)
        except Err as error:
            ResponseOutparam.set(response_out, Err(error.value))
            return
        if has_body:
            incoming = request.consume()
            with incoming.stream() as source, sent.write() as target:
                pour(source, target)
            OutgoingBody.finish(sent, None)
        with future.subscribe() as pollable:
            pollable.block()
        answer = future.get().value
        if isinstance(answer, Err):
            ResponseOutparam.set(response_out, Err(answer.value))
            return
        answer = answer.value
        with answer.headers() as fields:
            kept = [(n, v) for n, v in fields.entries() if n.lower().startswith("x-")]
        response = OutgoingResponse(Fields.from_list(kept))
        response.set_status_code(answer.status())
        out = response.body()
        ResponseOutparam.set(response_out, Ok(response))
        body = answer.consume()
        with body.stream() as source, out.write() as target:
            pour(source, target)
        OutgoingBody.finish(out, None)
