// Answers a request with what another server answers to it: the path is "/SCHEME/AUTHORITY/PATH". Bodies go through as they come.
#include "requests.h"

#define HANDLE __attribute__((export_name("wasi:http/incoming-handler@0.2.0#handle")))

struct option_string {
  uint32_t is_some;
  struct list text;
};
struct named {
  uint32_t number;
  struct list other;
};
struct count_result {
  uint8_t is_error;
  union {
    uint64_t count;
    uint8_t is_closed;
  };
};

HTTP("[method]incoming-request.method") void request_method(handle, struct named *);
HTTP("[method]incoming-request.path-with-query") void request_path(handle, struct option_string *);
HTTP("[method]incoming-request.consume") void request_consume(handle, struct handle_result *);
HTTP("[constructor]outgoing-response") handle new_response(handle headers);
HTTP("[method]outgoing-response.set-status-code") uint32_t set_status(handle, uint32_t);
HTTP("[method]outgoing-response.body") void response_body(handle, struct handle_result *);
HTTP("[static]response-outparam.set")
void set_response(handle, uint32_t, handle, uint32_t, uint64_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT("io/streams", "[method]output-stream.blocking-splice") void blocking_splice(handle, handle, uint64_t, struct count_result *);

// What is behind the next slash, up to the one after.
static struct list part_of(struct list *path) {
  struct list part = {path->elements + 1, 0};
  while (part.count + 1 < path->count && part.elements[part.count] != '/') part.count++;
  *path = (struct list){part.elements + part.count, path->count - 1 - part.count};
  return part;
}

// - Returns: false where it did not come to its end.
static bool pour(handle from, handle into) {
  struct count_result moved;
  do blocking_splice(into, from, 65536, &moved);
  while (!moved.is_error);
  drop_input(from);
  drop_output(into);
  return moved.is_closed;
}

// What is cut goes on as what is cut.
static void end_body(handle body, bool is_whole) {
  struct code_result result;
  if (is_whole) body_finish(body, 0, 0, &result);
  else drop_outgoing_body(body);
}

HANDLE void handle_request(handle request, handle out) {
  static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"};
  struct option_string path;
  struct named method;
  request_path(request, &path);
  request_method(request, &method);
  bool is_known = (uint8_t)method.number < 9;
  struct list scheme = part_of(&path.text), authority = part_of(&path.text), name = method.other;
  if (is_known) name = (struct list){(const uint8_t *)methods[(uint8_t)method.number], length_of(methods[(uint8_t)method.number])};
  handle asked = request_to(scheme, authority, path.text, name);
  struct handle_result body = {true, 0}, stream, incoming;
  if (!is_known || (uint8_t)method.number > 1) request_body(asked, &body);
  struct code_result sent;
  send_request(asked, 0, 0, &sent);
  if ((uint8_t)sent.is_error) return set_response(out, 1, (uint8_t)sent.code[0], 0, 0, 0, 0, 0, 0);
  if (!body.is_error) {
    request_consume(request, &incoming);
    incoming_stream(incoming.value, &stream);
    struct handle_result into;
    body_write(body.value, &into);
    end_body(body.value, pour(stream.value, into.value));
  }
  handle answer;
  uint8_t code = answer_of(sent.value, &answer);
  if (code != 0xFF) return set_response(out, 1, code, 0, 0, 0, 0, 0, 0);
  handle response = new_response(new_fields());
  set_status(response, response_status(answer));
  response_body(response, &body);
  set_response(out, 0, response, 0, 0, 0, 0, 0, 0);
  response_consume(answer, &incoming);
  incoming_stream(incoming.value, &stream);
  struct handle_result into;
  body_write(body.value, &into);
  end_body(body.value, pour(stream.value, into.value));
}
