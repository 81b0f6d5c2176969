// wasi:http/types: incoming-request, incoming-body, future-trailers.
#include "http.h"
#include "streams.h"

struct fields *read_trailers(uint32_t length);

// MARK: The body's frames

// Goes on until there is a part of the body, or its end. - Returns: false where that would block.
static bool advance(struct source *source, bool blocks) {
  if (source->exchange) {
    while (!exchange_advance(source->exchange)) {
      if (!blocks) return false;
      wait_for_source(source);
    }
    return true;
  }
  while (!source->has_ended && source->left == 0) {
    if (!blocks && !input_is_ready()) return false;
    struct buffer buffer = {source->header + source->header_length, sizeof source->header - source->header_length};
    uint32_t count;
    if (fd_read(0, &buffer, 1, &count) || count == 0) {
      source->has_ended = true;
      source->error = keep_error((struct http_error){HTTP_CONNECTION_TERMINATED, 0});
      break;
    }
    source->header_length += count;
    if (source->header_length < sizeof source->header) continue;
    source->header_length = 0;
    uint32_t length;
    __builtin_memcpy(&length, source->header + 1, sizeof length);
    if (source->header[0] == FRAME_DATA) {
      source->left = length;
    } else if (source->header[0] == FRAME_END) {
      source->trailers = read_trailers(length);
      source->has_ended = true;
    } else {
      __builtin_trap();
    }
  }
  return true;
}

uint32_t body_room(struct source *source, uint32_t wanted, bool blocks) {
  // With nothing to be had a place for one byte is enough to find out.
  if (!advance(source, blocks) || source->has_ended) return 1;
  return source->left < wanted ? source->left : wanted;
}

static struct result_stream ended(struct object *stream) {
  const struct source *source = stream->stream.body;
  stream->is_closed = true;
  if (!source->error) return (struct result_stream){true, {true, 0}};
  struct object *error = new_object(KIND_ERROR);
  error->error.http = source->error;
  return (struct result_stream){true, {false, new_error(error)}};
}

struct result_stream read_body(struct object *stream, uint8_t *bytes, uint32_t wanted, bool blocks, uint32_t *count) {
  struct source *source = stream->stream.body;
  if (!advance(source, blocks)) return (struct result_stream){0};
  if (source->has_ended) return ended(stream);
  if (source->exchange) {
    *count = exchange_read(source->exchange, bytes, wanted);
    source->left -= *count;
    return (struct result_stream){0};
  }
  if (!blocks && !input_is_ready()) return (struct result_stream){0};
  struct buffer buffer = {bytes, wanted < source->left ? wanted : source->left};
  if (fd_read(0, &buffer, 1, count) || *count == 0) {
    source->has_ended = true;
    source->error = keep_error((struct http_error){HTTP_CONNECTION_TERMINATED, 0});
    *count = 0;
    return ended(stream);
  }
  source->left -= *count;
  return (struct result_stream){0};
}

// Reads what was not read. - Returns: whether the end was reached; false where that would block.
static bool skip_to_end(struct source *source) {
  static uint8_t bytes[4096];
  while (true) {
    if (!advance(source, false)) return false;
    if (source->has_ended) return true;
    if (source->exchange) {
      source->left -= exchange_read(source->exchange, bytes, sizeof bytes);
      continue;
    }
    if (!input_is_ready()) return false;
    struct buffer buffer = {bytes, source->left < sizeof bytes ? source->left : sizeof bytes};
    uint32_t count;
    if (fd_read(0, &buffer, 1, &count) || count == 0) {
      source->has_ended = true;
      source->error = keep_error((struct http_error){HTTP_CONNECTION_TERMINATED, 0});
      return true;
    }
    source->left -= count;
  }
}

struct awaited source_awaits(struct source *source, enum poll_topic topic) {
  if (topic == POLL_HEAD) return exchange_awaits_head(source->exchange);
  if (!source->exchange) {
    bool is_ready = topic == POLL_TRAILERS ? skip_to_end(source) : source->has_ended;
    return (struct awaited){.is_ready = is_ready, .is_input = true, .deadline = UINT64_MAX};
  }
  if (topic == POLL_TRAILERS && skip_to_end(source)) return (struct awaited){.is_ready = true};
  return exchange_awaits_body(source->exchange);
}

// MARK: incoming-request

EXPORT("http/types#[method]incoming-request.method") const struct named *incoming_request_method(const struct object *self) {
  static const char *const names[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"};
  static struct named result;
  const struct request *request = self->http;
  result = (struct named){sizeof names / sizeof *names, request->method};
  for (uint8_t index = 0; index < sizeof names / sizeof *names; index++)
    if (is_exactly(request->method, names[index])) result.number = index;
  return &result;
}

static const struct option_text *some(struct text text) {
  static struct option_text result;
  result = (struct option_text){text.length != 0, text};
  return &result;
}

EXPORT("http/types#[method]incoming-request.path-with-query") const struct option_text *incoming_request_path(const struct object *self) {
  return some(((const struct request *)self->http)->path);
}

EXPORT("http/types#[method]incoming-request.authority") const struct option_text *incoming_request_authority(const struct object *self) {
  return some(((const struct request *)self->http)->authority);
}

// Whatever brought it to the node: no TLS ends there.
EXPORT("http/types#[method]incoming-request.scheme") const struct option_scheme *incoming_request_scheme(const struct object *) {
  static const struct option_scheme http = {true, {0, {0, 0}}};
  return &http;
}

EXPORT("http/types#[method]incoming-request.headers") uint32_t incoming_request_headers(const struct object *self) {
  return lend_fields(((const struct request *)self->http)->headers);
}

static const struct result_handle failed = {true, {0}};

// Once. - Returns: result<incoming-body>
EXPORT("http/types#[method]incoming-request.consume") const struct result_handle *incoming_request_consume(struct object *self) {
  static struct result_handle result;
  if (self->is_closed) return &failed;
  self->is_closed = true;
  struct object *body = new_object(KIND_INCOMING_BODY);
  body->http = retained_source(&((struct request *)self->http)->body);
  result = (struct result_handle){false, {new_incoming_body(body)}};
  return &result;
}

// MARK: incoming-body

EXPORT("http/types#[method]incoming-body.stream") const struct result_handle *incoming_body_stream(struct object *self) {
  static struct result_handle result;
  if (self->is_closed) return &failed;
  self->is_closed = true;
  struct object *stream = new_input(0, 0, 0);
  stream->stream.body = retained_source(self->http);
  result = (struct result_handle){false, {new_input_stream(stream)}};
  return &result;
}

EXPORT("http/types#[static]incoming-body.finish") uint32_t incoming_body_finish(uint32_t body) {
  struct object *trailers = new_object(KIND_TRAILERS);
  trailers->http = retained_source(taken_incoming_body(body)->http);
  drop_incoming_body(body);
  return new_future_trailers(trailers);
}

// MARK: future-trailers

EXPORT("http/types#[method]future-trailers.subscribe") uint32_t future_trailers_subscribe(const struct object *self) {
  return new_pollable(pollable_source(POLL_TRAILERS, self->http));
}

// option<result<result<option<trailers>, error-code>>>
struct trailers_result {
  uint8_t is_some;
  struct {
    uint8_t was_taken;
    struct {
      uint8_t is_error;
      union {
        struct {
          uint8_t has_trailers;
          uint32_t handle;
        };
        struct error_code code;
      };
    } result;
  } once;
};
_Static_assert(sizeof(struct trailers_result) == 56, "canonical ABI");

EXPORT("http/types#[method]future-trailers.get") const struct trailers_result *future_trailers_get(struct object *self) {
  static struct trailers_result result;
  struct source *source = self->http;
  __builtin_memset(&result, 0, sizeof result);
  if (!skip_to_end(source)) return &result;
  result.is_some = true;
  if (self->is_closed) {
    result.once.was_taken = true;
    return &result;
  }
  self->is_closed = true;
  result.once.result.is_error = source->error != 0;
  if (source->error) {
    result.once.result.code = error_code(*source->error);
  } else if (source->trailers && source->trailers->count) {
    result.once.result.has_trailers = true;
    result.once.result.handle = lend_fields(source->trailers);
  }
  return &result;
}
