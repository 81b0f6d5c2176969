// Answers HTTP requests as a component of WASI 0.2: hello at /, and at /echo what it was sent.
#include <stdint.h>

#define HTTP(name) __attribute__((import_module("wasi:http/types@0.2.0"), import_name(name)))
#define IO(name) __attribute__((import_module("wasi:io/streams@0.2.0"), import_name(name)))

// A resource, as the canonical ABI passes it; and results with one, or with text, as it lays them out.
typedef uint32_t handle;
struct text {
  const char *bytes;
  uint32_t length;
};
struct result_handle {
  uint8_t is_error;
  handle value;
};
struct option_text {
  uint8_t is_some;
  struct text text;
};
struct result_stream {
  uint8_t is_error;
  uint8_t is_closed;
  handle error;
};
struct result_count {
  uint8_t is_error;
  uint64_t count;
};
struct result_code {
  uint8_t is_error;
  uint64_t code[4];
};

HTTP("[static]fields.from-list") void fields_from_list(const struct text *pairs, uint32_t count, struct result_handle *);
HTTP("[method]incoming-request.path-with-query") void path_with_query(handle, struct option_text *);
HTTP("[resource-drop]incoming-request") void drop_request(handle);
HTTP("[resource-drop]incoming-body") void drop_incoming_body(handle);
HTTP("[method]incoming-request.consume") void consume(handle, struct result_handle *);
HTTP("[method]incoming-body.stream") void incoming_stream(handle, struct result_handle *);
HTTP("[constructor]outgoing-response") handle new_response(handle fields);
HTTP("[method]outgoing-response.body") void response_body(handle, struct result_handle *);
HTTP("[static]response-outparam.set")
void set_response(handle, uint32_t is_error, handle, uint32_t, uint64_t, uint32_t, uint32_t, uint32_t, uint32_t);
HTTP("[method]outgoing-body.write") void body_write(handle, struct result_handle *);
HTTP("[static]outgoing-body.finish") void body_finish(handle, uint32_t has_trailers, handle, struct result_code *);
IO("[method]output-stream.blocking-write-and-flush") void stream_write(handle, const char *, uint32_t, struct result_stream *);
IO("[method]output-stream.blocking-splice") void stream_splice(handle, handle source, uint64_t, struct result_count *);
IO("[resource-drop]output-stream") void drop_output(handle);
IO("[resource-drop]input-stream") void drop_input(handle);

static int is(struct text text, const char *other) {
  uint32_t index = 0;
  while (index < text.length && other[index] && text.bytes[index] == other[index]) index++;
  return index == text.length && !other[index];
}

__attribute__((export_name("wasi:http/incoming-handler@0.2.0#handle"))) void handle_request(handle request, handle response_out) {
  static const struct text fields[] = {
      {"content-type", 12}, {"text/plain; charset=utf-8", 25}, {"x-content-type-options", 22}, {"nosniff", 7}};
  static const char hello[] = "Hello from inside a trustlet\n";
  struct result_handle headers, body, stream;
  fields_from_list(fields, 2, &headers);
  handle response = new_response(headers.value);
  response_body(response, &body);
  set_response(response_out, 0, response, 0, 0, 0, 0, 0, 0);
  body_write(body.value, &stream);

  struct option_text path;
  path_with_query(request, &path);
  if (is(path.text, "/echo")) {
    struct result_handle received, source;
    consume(request, &received);
    incoming_stream(received.value, &source);
    struct result_count moved;
    do stream_splice(stream.value, source.value, 1 << 16, &moved);
    while (!moved.is_error);
    drop_input(source.value);
    drop_incoming_body(received.value);
  } else {
    struct result_stream written;
    stream_write(stream.value, hello, sizeof hello - 1, &written);
  }
  drop_output(stream.value);
  drop_request(request);
  struct result_code finished;
  body_finish(body.value, 0, 0, &finished);
}
