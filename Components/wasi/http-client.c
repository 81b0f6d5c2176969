// wasi:http/outgoing-handler, and what it gives. Whether a place may be reached is for the network's rules to say; with https the host's gate
// speaks TLS and has checked the certificate.
#include "http-exchange.h"

static const uint64_t DEFAULT_TIME = 60ull * 1000000000;

// MARK: outgoing-handler

static uint32_t begin(struct exchange *exchange, const struct outgoing *request) {
  bool is_plain = request->scheme.is_some && request->scheme.scheme.number == SCHEME_HTTP;
  uint16_t port = is_plain ? 80 : 443;
  struct text host = {0, 0};
  // What follows a CONNECT is no answer of HTTP.
  if (is_method(request, 5)) return HTTP_REQUEST_METHOD_INVALID;
  // Who reads one length and who reads the other would take different bytes for the next request.
  if (!is_length_agreed(request->headers)) return HTTP_PROTOCOL_ERROR;
  if (!request->body && declared_length(request->headers) > 0) return HTTP_REQUEST_BODY_SIZE;
  if (request->scheme.is_some && request->scheme.scheme.number == SCHEME_OTHER) return HTTP_REQUEST_URI_INVALID;
  if (!request->authority.is_some || !read_authority(request->authority.text, &port, &host)) return HTTP_REQUEST_URI_INVALID;
  return exchange_connect(exchange, host, port, !is_plain);
}

// result<future-incoming-response, error-code>
struct result_response {
  uint8_t is_error;
  union {
    uint32_t handle;
    struct error_code code;
  };
};

EXPORT("http/outgoing-handler#handle")
const struct result_response *outgoing_handle(uint32_t request_handle, uint32_t has_options, uint32_t options) {
  static struct result_response result;
  struct outgoing *request = taken_outgoing_request(request_handle)->http;
  const struct option_time *times = has_options ? taken_request_options(options)->http : 0;
  struct exchange *exchange = keep(sizeof *exchange);
  *exchange = (struct exchange){.references = 1, .sink = request->body ? retained_sink(request->body) : 0, .section_left = HEAD_LIMIT,
                                .deadline = UINT64_MAX, .write_deadline = UINT64_MAX};
  exchange->source.exchange = exchange;
  for (uint32_t index = 0; index < TIME_COUNT; index++) {
    exchange->times[index] = times && times[index].is_some ? times[index].nanoseconds : DEFAULT_TIME;
  }
  exchange->is_head = is_method(request, 1);
  exchange->is_chunked = request->body && request->body->declared < 0;
  uint32_t code = begin(exchange, request);
  if (code) {
    release_exchange(exchange);
    result = (struct result_response){true, {.code = error_code((struct http_error){code, 0})}};
  } else {
    exchange_send_head(exchange, request);
    if (request->body) begin_sending(request->body, exchange);
    struct object *future = new_object(KIND_RESPONSE);
    future->http = exchange;
    result = (struct result_response){false, {.handle = new_future_incoming_response(future)}};
  }
  drop_outgoing_request(request_handle);
  if (has_options) drop_request_options(options);
  return &result;
}

// MARK: future-incoming-response

EXPORT("http/types#[method]future-incoming-response.subscribe") uint32_t future_response_subscribe(const struct object *self) {
  struct exchange *exchange = self->http;
  return new_pollable(pollable_source(POLL_HEAD, &exchange->source));
}

// option<result<result<incoming-response, error-code>>>
struct response_result {
  uint8_t is_some;
  struct {
    uint8_t was_taken;
    struct {
      uint8_t is_error;
      union {
        uint32_t handle;
        struct error_code code;
      };
    } result;
  } once;
};
_Static_assert(sizeof(struct response_result) == 56, "canonical ABI");

EXPORT("http/types#[method]future-incoming-response.get") const struct response_result *future_response_get(struct object *self) {
  static struct response_result result;
  struct exchange *exchange = self->http;
  __builtin_memset(&result, 0, sizeof result);
  if (!exchange_read_head(exchange)) return &result;
  result.is_some = true;
  result.once.was_taken = self->is_closed;
  if (self->is_closed) return &result;
  self->is_closed = true;
  result.once.result.is_error = !exchange->has_head;
  if (!exchange->has_head) {
    result.once.result.code = error_code(*exchange->error);
  } else {
    struct object *response = new_object(KIND_INCOMING_RESPONSE);
    response->http = exchange;
    retained_source(&exchange->source);
    result.once.result.handle = new_incoming_response(response);
  }
  return &result;
}

// MARK: incoming-response

EXPORT("http/types#[method]incoming-response.status") uint32_t incoming_response_status(const struct object *self) {
  return ((const struct exchange *)self->http)->status;
}

EXPORT("http/types#[method]incoming-response.headers") uint32_t incoming_response_headers(const struct object *self) {
  return lend_fields(((const struct exchange *)self->http)->headers);
}

EXPORT("http/types#[method]incoming-response.consume") const struct result_handle *incoming_response_consume(struct object *self) {
  static struct result_handle result;
  static const struct result_handle failed = {true, {0}};
  if (self->is_closed) return &failed;
  self->is_closed = true;
  struct object *body = new_object(KIND_INCOMING_BODY);
  body->http = retained_source(&((struct exchange *)self->http)->source);
  result = (struct result_handle){false, {new_incoming_body(body)}};
  return &result;
}
