// wasi:http/types: outgoing-response, outgoing-body, response-outparam; and what becomes of the answer.
#include "http.h"
#include "network.h"

struct response {
  uint16_t status;
  struct fields *headers;
  struct sink *body;  // 0 until it was asked for
};

// Of the request that this instance answers.
static struct {
  enum { NOT_SET, SET, COMPLETE, FAILED } state;
  struct sink *body;
} answer;

// MARK: Bodies

struct sink *new_sink(int64_t declared, bool is_of_request) {
  struct sink *sink = keep(sizeof *sink);
  *sink = (struct sink){.references = 1, .declared = declared, .is_of_request = is_of_request};
  return sink;
}

struct sink *retained_sink(struct sink *sink) {
  sink->references++;
  return sink;
}

void release_sink(struct sink *sink) {
  if (!sink || --sink->references) return;
  give_back(sink->waiting);
  release_fields(sink->trailers);
  give_back(sink);
}

uint64_t body_permits(const struct sink *sink) {
  if (sink->exchange && !sink->is_broken) return exchange_permits(sink->exchange);
  return sink->is_sent ? TRANSFER_LIMIT : WAITING_LIMIT - sink->waiting_length;
}

struct awaited sink_awaits(struct sink *sink) {
  if (!sink->exchange || sink->is_broken || sink->is_finished) return (struct awaited){.is_ready = true};
  return exchange_awaits_room(sink->exchange);
}

static void wait(struct sink *sink, const uint8_t *bytes, uint32_t length) {
  if (sink->waiting_capacity - sink->waiting_length < length) {
    uint32_t capacity = sink->waiting_capacity ? sink->waiting_capacity : 1024;
    while (capacity - sink->waiting_length < length) capacity *= 2;
    uint8_t *larger = keep(capacity);
    if (sink->waiting_length) __builtin_memcpy(larger, sink->waiting, sink->waiting_length);
    give_back(sink->waiting);
    sink->waiting = larger;
    sink->waiting_capacity = capacity;
  }
  __builtin_memcpy(sink->waiting + sink->waiting_length, bytes, length);
  sink->waiting_length += length;
}

static struct http_error wrong_size(const struct sink *sink) {
  return (struct http_error){sink->is_of_request ? HTTP_REQUEST_BODY_SIZE : HTTP_RESPONSE_BODY_SIZE, sink->written};
}

static struct result_stream refuse(struct object *stream, struct http_error reason) {
  stream->is_closed = true;
  struct object *error = new_object(KIND_ERROR);
  error->error.http = keep_error(reason);
  return (struct result_stream){true, {false, new_error(error)}};
}

struct result_stream write_body(struct object *stream, const uint8_t *bytes, uint32_t length) {
  struct sink *sink = stream->stream.body;
  if (sink->is_finished || sink->is_broken) {
    stream->is_closed = true;
    return (struct result_stream){true, {true, 0}};
  }
  if (length == 0) return (struct result_stream){0};
  sink->written += length;
  if (sink->declared >= 0 && sink->written > (uint64_t)sink->declared) {
    sink->is_broken = true;
    return refuse(stream, wrong_size(sink));
  }
  if (sink->is_sent && sink->exchange) {
    // Who writes more than was permitted waits.
    if (!body_permits(sink)) wait_for_sink(sink);
    exchange_write(sink->exchange, bytes, length);
  } else if (sink->is_sent) {
    send_frame(FRAME_DATA, bytes, length);
  } else if (length > WAITING_LIMIT - sink->waiting_length) {
    sink->is_broken = true;
    return refuse(stream, (struct http_error){HTTP_INTERNAL_ERROR, 0});
  } else {
    wait(sink, bytes, length);
  }
  return (struct result_stream){0};
}

// What was written goes out when there is much of it and whenever the program waits for anything. So this waits, for as long as nothing.
void flush_body(struct sink *sink) {
  if (sink->exchange) return wait_for_sink(sink);
  if (!sink->is_sent) return;
  struct subscription subscription = {.tag = 0};
  subscription.clock.clock = CLOCK_MONOTONIC;
  subscription.clock.timeout = 1000;
  struct event event;
  uint32_t ready;
  poll_oneoff(&subscription, &event, 1, &ready);
}

static void end_body(struct sink *sink, const struct fields *trailers) {
  sink->is_finished = true;
  if (sink->exchange) return exchange_end_body(sink->exchange, trailers);
  if (answer.body != sink || answer.state != SET) return;
  send_fields(FRAME_END, 0, 0, trailers);
  answer.state = COMPLETE;
}

static void end_early(struct sink *sink) {
  end_body(sink, sink->trailers);
  release_fields(sink->trailers);
  sink->trailers = 0;
}

void begin_sending(struct sink *sink, struct exchange *exchange) {
  sink->exchange = exchange;
  sink->is_sent = true;
  if (sink->waiting_length) exchange_write(exchange, sink->waiting, sink->waiting_length);
  give_back(sink->waiting);
  sink->waiting = 0;
  sink->waiting_length = sink->waiting_capacity = 0;
  if (sink->is_finished) end_early(sink);
}

// MARK: outgoing-response

EXPORT("http/types#[constructor]outgoing-response") uint32_t outgoing_response_constructor(uint32_t headers) {
  struct response *response = keep(sizeof *response);
  *response = (struct response){200, take_fields(headers), 0};
  struct object *object = new_object(KIND_OUTGOING_RESPONSE);
  object->http = response;
  return new_outgoing_response(object);
}

EXPORT("http/types#[method]outgoing-response.status-code") uint32_t outgoing_response_status(const struct object *self) {
  return ((const struct response *)self->http)->status;
}

// A final status, of three digits.
EXPORT("http/types#[method]outgoing-response.set-status-code") uint32_t outgoing_response_set_status(struct object *self, uint32_t status) {
  if (status < 200 || status > 599) return true;
  ((struct response *)self->http)->status = (uint16_t)status;
  return false;
}

EXPORT("http/types#[method]outgoing-response.headers") uint32_t outgoing_response_headers(const struct object *self) {
  return lend_fields(((const struct response *)self->http)->headers);
}

static const struct result_handle failed = {true, {0}};

static struct object *body_object(struct sink *sink) {
  struct object *object = new_object(KIND_OUTGOING_BODY);
  object->http = retained_sink(sink);
  return object;
}

EXPORT("http/types#[method]outgoing-response.body") const struct result_handle *outgoing_response_body(struct object *self) {
  static struct result_handle result;
  struct response *response = self->http;
  if (response->body) return &failed;
  response->body = new_sink(declared_length(response->headers), false);
  result = (struct result_handle){false, {new_outgoing_body(body_object(response->body))}};
  return &result;
}

// MARK: outgoing-body

EXPORT("http/types#[method]outgoing-body.write") const struct result_handle *outgoing_body_write(struct object *self) {
  static struct result_handle result;
  if (self->is_closed) return &failed;
  self->is_closed = true;
  struct object *stream = new_output(0, 0, 0, false);
  stream->stream.body = retained_sink(self->http);
  result = (struct result_handle){false, {new_output_stream(stream)}};
  return &result;
}

static void give_up(struct sink *sink) {
  sink->is_broken = true;
  if (sink->exchange) exchange_give_up_body(sink->exchange);
}

// result<_, error-code>
struct result_code {
  uint8_t is_error;
  struct error_code code;
};
_Static_assert(sizeof(struct result_code) == 40, "canonical ABI");

EXPORT("http/types#[static]outgoing-body.finish")
const struct result_code *outgoing_body_finish(uint32_t body, uint32_t has_trailers, uint32_t trailers_handle) {
  static struct result_code result;
  __builtin_memset(&result, 0, sizeof result);
  struct object *self = taken_outgoing_body(body);
  struct sink *sink = self->http;
  struct fields *trailers = has_trailers ? take_fields(trailers_handle) : 0;
  bool is_short = sink->declared >= 0 && sink->written != (uint64_t)sink->declared && !(sink->ignores_length && sink->written == 0);
  if (sink->is_broken || is_short) {
    give_up(sink);
    result = (struct result_code){true, error_code(wrong_size(sink))};
    release_fields(trailers);
  } else if (sink->is_sent) {
    end_body(sink, trailers);
    release_fields(trailers);
  } else {
    sink->is_finished = true;
    sink->trailers = trailers;
  }
  // Its destructor would take a body that is not finished for one that was given up.
  self->http = 0;
  release_sink(sink);
  drop_outgoing_body(body);
  return &result;
}

void drop_http(struct object *object) {
  switch (object->kind) {
    case KIND_FIELDS: return release_fields(object->http);
    case KIND_INPUT: return release_source(object->stream.body);
    case KIND_INCOMING_BODY:
    case KIND_TRAILERS: return release_source(object->http);
    case KIND_RESPONSE:
    case KIND_INCOMING_RESPONSE: return release_exchange(object->http);
    case KIND_OUTPUT: return release_sink(object->stream.body);
    case KIND_OUTGOING_RESPONSE: {
      struct response *response = object->http;
      release_fields(response->headers);
      release_sink(response->body);
      return give_back(response);
    }
    case KIND_INCOMING_REQUEST: return release_request(object->http);
    case KIND_OUTGOING_REQUEST:
    case KIND_OPTIONS: return drop_outgoing_request_parts(object);
  }
  struct sink *sink = object->http;
  if (!sink) return;
  if (!sink->is_finished) give_up(sink);
  release_sink(sink);
}

// MARK: response-outparam

EXPORT("node/requests#response") uint32_t node_response(void) { return new_response_outparam(new_object(KIND_OUTPARAM)); }

static void send_response(struct response *response) {
  struct sink *body = response->body;
  uint32_t status = response->status;
  bool has_no_body = request_is_head() || status == 204 || status == 304;
  send_fields(FRAME_HEAD, &status, sizeof status, response->headers);
  answer.state = SET;
  if (!body) {
    if (declared_length(response->headers) > 0 && !has_no_body) return;
    send_fields(FRAME_END, 0, 0, 0);
    answer.state = COMPLETE;
    return;
  }
  answer.body = retained_sink(body);
  body->ignores_length = has_no_body;
  body->is_sent = true;
  if (body->waiting_length) send_frame(FRAME_DATA, body->waiting, body->waiting_length);
  give_back(body->waiting);
  body->waiting = 0;
  body->waiting_length = body->waiting_capacity = 0;
  if (body->is_finished) end_early(body);
}

// What an error-code has beside its case is for people, and for the function's log: none of it is passed on.
EXPORT("http/types#[static]response-outparam.set")
void response_outparam_set(
    uint32_t param, uint32_t is_error, uint32_t response_or_code, uint32_t, uint64_t, uint32_t, uint32_t, uint32_t, uint32_t) {
  begin_call();
  drop_response_outparam(param);
  // There is one response-outparam, and this has consumed it.
  if (is_error) {
    uint32_t code = response_or_code;
    send_frame(FRAME_ERROR, &code, sizeof code);
    answer.state = FAILED;
    return;
  }
  send_response(taken_outgoing_response(response_or_code)->http);
  drop_outgoing_response(response_or_code);
}

static bool is_whole(void) { return answer.state == COMPLETE || answer.state == FAILED; }

bool begin_answer(void) {
  if (is_serving && !is_whole()) return false;
  release_sink(answer.body);
  answer.body = 0;
  answer.state = NOT_SET;
  return true;
}

// result<_, _>: an error where the answer is not whole.
EXPORT("node/requests#finish") uint32_t node_finish(void) { return !is_whole(); }
