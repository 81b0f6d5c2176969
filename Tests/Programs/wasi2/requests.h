// Makes a request of wasi:http, for clients that do: with the functions that are named here, and no others.
#pragma once
#include "client.h"

#define HTTP(name) IMPORT("http/types", name)

struct handle_result {
  uint8_t is_error;
  handle value;
};
struct code_result {
  uint64_t is_error;
  union {
    handle value;
    uint64_t code[4];
  };
};
struct small_result {
  uint8_t is_error, value;
};
struct list_of {
  const struct list *elements;
  uint32_t count;
};
struct part_result {
  uint8_t is_error;
  union {
    struct list bytes;
    struct {
      uint8_t is_closed;
      handle error;
    };
  };
};
struct write_result {
  uint8_t is_error;
  uint8_t is_closed;
  handle error;
};
struct response_result {
  uint64_t is_some, was_taken;
  struct code_result result;
};
struct trailers_result {
  uint64_t is_some, was_taken, is_error;
  union {
    struct {
      uint8_t has;
      handle trailers;
    };
    uint64_t code[4];
  };
};

HTTP("[constructor]fields") handle new_fields(void);
HTTP("[method]fields.append") void fields_append(handle, const char *, uint32_t, const void *, uint32_t, struct small_result *);
HTTP("[method]fields.entries") void fields_entries(handle, struct list_of *);
HTTP("[resource-drop]fields") void drop_fields(handle);
HTTP("[constructor]outgoing-request") handle new_request(handle headers);
HTTP("[method]outgoing-request.body") void request_body(handle, struct handle_result *);
HTTP("[method]outgoing-request.set-method") uint32_t set_method(handle, uint32_t, const void *, uint32_t);
HTTP("[method]outgoing-request.set-path-with-query") uint32_t set_path(handle, uint32_t, const void *, uint32_t);
HTTP("[method]outgoing-request.set-scheme") uint32_t set_scheme(handle, uint32_t, uint32_t, const void *, uint32_t);
HTTP("[method]outgoing-request.set-authority") uint32_t set_authority(handle, uint32_t, const void *, uint32_t);
HTTP("[method]outgoing-body.write") void body_write(handle, struct handle_result *);
HTTP("[static]outgoing-body.finish") void body_finish(handle, uint32_t, handle, struct code_result *);
HTTP("[resource-drop]outgoing-body") void drop_outgoing_body(handle);
HTTP("[constructor]request-options") handle new_options(void);
HTTP("[method]request-options.set-first-byte-timeout") uint32_t set_first_time(handle, uint32_t, uint64_t);
HTTP("[method]request-options.set-between-bytes-timeout") uint32_t set_between_time(handle, uint32_t, uint64_t);
IMPORT("http/outgoing-handler", "handle") void send_request(handle, uint32_t, handle, struct code_result *);
HTTP("[method]future-incoming-response.subscribe") handle response_subscribe(handle);
HTTP("[method]future-incoming-response.get") void response_get(handle, struct response_result *);
HTTP("[resource-drop]future-incoming-response") void drop_future(handle);
HTTP("[method]incoming-response.status") uint32_t response_status(handle);
HTTP("[method]incoming-response.headers") handle response_headers(handle);
HTTP("[method]incoming-response.consume") void response_consume(handle, struct handle_result *);
HTTP("[resource-drop]incoming-response") void drop_response(handle);
HTTP("[method]incoming-body.stream") void incoming_stream(handle, struct handle_result *);
HTTP("[static]incoming-body.finish") handle incoming_finish(handle);
HTTP("[method]future-trailers.subscribe") handle trailers_subscribe(handle);
HTTP("[method]future-trailers.get") void trailers_get(handle, struct trailers_result *);
HTTP("[resource-drop]future-trailers") void drop_trailers(handle);
HTTP("http-error-code") void http_error_code(handle, struct code_result *);

IMPORT("io/streams", "[method]input-stream.read") void stream_read(handle, uint64_t, struct part_result *);
IMPORT("io/streams", "[method]input-stream.subscribe") handle input_subscribe(handle);
IMPORT("io/streams", "[resource-drop]input-stream") void drop_input(handle);
IMPORT("io/streams", "[resource-drop]output-stream") void drop_output(handle);
IMPORT("io/error", "[resource-drop]error") void drop_error(handle);
IMPORT("io/poll", "[method]pollable.block") void block(handle);
IMPORT("io/poll", "[resource-drop]pollable") void drop_pollable(handle);

static bool is(struct list text, const char *wanted) {
  if (text.count != length_of(wanted)) return false;
  for (uint32_t place = 0; place < text.count; place++)
    if (text.elements[place] != (uint8_t)wanted[place]) return false;
  return true;
}

static void wait_for(handle pollable) {
  block(pollable);
  drop_pollable(pollable);
}

// - Returns: a request to "http" or "https".
[[maybe_unused]] static handle request_to(struct list scheme, struct list authority, struct list path, struct list method) {
  handle request = new_request(new_fields());
  if (set_scheme(request, 1, is(scheme, "https") ? 1 : 0, 0, 0) || set_authority(request, 1, authority.elements, authority.count) ||
      set_path(request, 1, path.elements, path.count) || set_method(request, 9, method.elements, method.count)) {
    print("no such request\n");
    __builtin_trap();
  }
  return request;
}

// Waits for the answer as programs do: until the pollable says that there is one. - Returns: 0xFF, or an error-code.
[[maybe_unused]] static uint8_t answer_of(handle future, handle *response) {
  struct response_result result;
  wait_for(response_subscribe(future));
  response_get(future, &result);
  if (!(uint8_t)result.is_some) __builtin_trap();
  if ((uint8_t)result.result.is_error) return (uint8_t)result.result.code[0];
  *response = result.result.value;
  return 0xFF;
}
