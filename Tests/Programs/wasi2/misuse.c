// misuse WHAT AUTHORITY: does with wasi:http what no program should. Each must end the program by a trap or be refused; if not, it says so and goes on.
#include "requests.h"

HTTP("[method]outgoing-request.headers") handle request_headers(handle);
IMPORT("io/streams", "[method]output-stream.write") void stream_write(handle, const void *, uint32_t, struct stream_result *);

static struct list what, authority;
static uint8_t bytes[1 << 16];

static handle request_with(handle fields) {
  handle request = new_request(fields);
  set_scheme(request, 1, 0, 0, 0);
  set_authority(request, 1, authority.elements, authority.count);
  set_method(request, 2, 0, 0);
  return request;
}

static handle request(void) {
  return request_to((struct list){(const uint8_t *)"http", 4}, authority, (struct list){(const uint8_t *)"/", 1}, (struct list){(const uint8_t *)"GET", 3});
}

// - Returns: the future; 0 and the error where there is none.
static handle begun(uint8_t *code) {
  struct code_result sent;
  send_request(request(), 0, 0, &sent);
  *code = (uint8_t)sent.code[0];
  return (uint8_t)sent.is_error ? 0 : sent.value;
}

// An answer's body, and a stream of it.
static void answered(handle *response, handle *body, handle *stream) {
  uint8_t code;
  handle future = begun(&code);
  struct handle_result result;
  if (!future || answer_of(future, response) != 0xFF) __builtin_trap();
  drop_future(future);
  response_consume(*response, &result);
  *body = result.value;
  incoming_stream(*body, &result);
  *stream = result.value;
}

RUN uint32_t run(void) {
  struct list arguments;
  get_arguments(&arguments);
  const struct list *words = (const struct list *)(const void *)arguments.elements;
  if (arguments.count < 3) return 1;
  what = words[1], authority = words[2];
  for (uint32_t index = 0; index < sizeof bytes; index++) bytes[index] = 'a';
  struct code_result code;
  struct handle_result result;
  struct small_result small;
  handle fields = new_fields(), response, body, stream;
  uint8_t number;
  if (is(what, "fields-dropped-twice")) {
    drop_fields(fields);
    drop_fields(fields);
  }
  if (is(what, "fields-given-away")) {
    new_request(fields);
    fields_append(fields, "a", 1, "b", 1, &small);
  }
  if (is(what, "request-sent-twice")) {
    handle sent = request();
    send_request(sent, 0, 0, &code);
    send_request(sent, 0, 0, &code);
  }
  if (is(what, "fields-for-a-request")) send_request(fields, 0, 0, &code);
  if (is(what, "no-such-options")) send_request(request(), 1, UINT32_MAX, &code);
  if (is(what, "endless-authority")) set_authority(request(), 1, bytes, UINT32_MAX);
  if (is(what, "endless-method")) set_method(request(), 9, bytes, UINT32_MAX - 8);
  if (is(what, "no-such-method")) set_method(request(), 10, bytes, 1);
  if (is(what, "path-that-is-no-text")) set_path(request(), 1, "/\xFF", 2);
  if (is(what, "misaligned-result")) fields_entries(fields, (struct list_of *)(bytes + 1));
  if (is(what, "body-finished-twice")) {
    request_body(request(), &result);
    body_finish(result.value, 0, 0, &code);
    body_finish(result.value, 0, 0, &code);
  }
  if (is(what, "trailers-that-are-none")) {
    request_body(request(), &result);
    body_finish(result.value, 1, 12345, &code);
  }
  if (is(what, "stream-read-after-drop")) {
    answered(&response, &body, &stream);
    drop_input(stream);
    struct part_result part;
    stream_read(stream, 1, &part);
  }
  if (is(what, "body-finished-as-another")) {
    answered(&response, &body, &stream);
    incoming_finish(response);
  }
  if (is(what, "fields-without-end"))
    while (true) fields_append(fields, "name", 4, bytes, sizeof bytes, &small);
  // From here on what is to be refused, without a trap.
  if (is(what, "body-read-after-everything-else-was-dropped")) {
    uint64_t total = 0;
    for (uint32_t round = 0; round < 200; round++) {
      answered(&response, &body, &stream);
      drop_response(response);
      drop_trailers(incoming_finish(body));
      struct part_result part;
      while (true) {
        wait_for(input_subscribe(stream));
        stream_read(stream, 3, &part);
        if (part.is_error) break;
        total += part.bytes.count;
      }
      drop_input(stream);
    }
    say("read", total);
  }
  if (is(what, "stream-written-after-its-end")) {
    handle sent = request();
    request_body(sent, &result);
    body = result.value;
    body_write(body, &result);
    send_request(sent, 0, 0, &code);
    body_finish(body, 0, 0, &code);
    struct stream_result written[2];
    stream_write(result.value, bytes, 100, written);
    say("written after the end", written[0].is_error);
  }
  if (is(what, "request-with-two-lengths") || is(what, "request-without-its-body")) {
    fields_append(fields, "content-length", 14, "5", 1, &small);
    if (is(what, "request-with-two-lengths")) fields_append(fields, "Content-Length", 14, "6", 1, &small);
    handle sent = request_with(fields);
    if (is(what, "request-with-two-lengths")) request_body(sent, &result);
    send_request(sent, 0, 0, &code);
    say("refused", (uint8_t)code.is_error ? (uint8_t)code.code[0] : 255);
  }
  if (is(what, "request-of-an-answers-fields")) {
    handle future = begun(&number);
    if (!future || answer_of(future, &response) != 0xFF) __builtin_trap();
    handle sent = request_with(response_headers(response));
    send_request(sent, 0, 0, &code);
    say("refused", (uint8_t)code.is_error ? (uint8_t)code.code[0] : 255);
    if (!(uint8_t)code.is_error) answer_of(code.value, &response);
  }
  if (is(what, "request-with-te")) {
    fields_append(fields, "te", 2, "trailers", 8, &small);
    send_request(request_with(fields), 0, 0, &code);
    if (!(uint8_t)code.is_error) answer_of(code.value, &response);
  }
  if (is(what, "connections-without-end")) {
    uint64_t count = 0;
    while (begun(&number)) count++;
    say("connections", count);
    say("then error", number);
  }
  print("not stopped\n");
  return 0;
}
