// A request that goes out: how long it lasts, and its bytes.
#include "http-exchange.h"

struct source *retained_source(struct source *source) {
  if (source->exchange) {
    source->exchange->references++;
  } else {
    source->request->references++;
  }
  return source;
}

void release_source(struct source *source) {
  struct exchange *exchange = source->exchange;
  if (!exchange) return release_request(source->request);
  if (--exchange->references) return;
  // What is still written into the request's body goes nowhere.
  if (exchange->sink) {
    exchange->sink->is_broken = true;
    exchange->sink->exchange = 0;
    release_sink(exchange->sink);
  }
  exchange_settle(exchange);
  if (exchange->socket) release_socket(exchange->socket);
  release_fields(exchange->headers);
  release_fields(source->trailers);
  give_back(exchange->bytes);
  give_back(exchange->held.bytes);
  give_back(exchange);
}

void release_exchange(struct exchange *exchange) { release_source(&exchange->source); }

void exchange_fail(struct exchange *exchange, uint32_t code) {
  if (!exchange->error) exchange->error = keep_error((struct http_error){code, 0});
  exchange->source.has_ended = true;
  exchange->source.error = exchange->error;
  if (exchange->sink) exchange->sink->is_broken = true;
  exchange_settle(exchange);
}

uint64_t time_after(uint64_t duration) {
  uint64_t deadline;
  return __builtin_add_overflow(monotonic_now(), duration, &deadline) ? UINT64_MAX : deadline;
}

// MARK: Sending

void append(struct writer *writer, struct text text) {
  if (writer->capacity - writer->length < text.length) {
    uint64_t capacity = (writer->length + text.length) * 2 + 512;
    uint8_t *larger = keep(capacity);
    if (writer->length) __builtin_memcpy(larger, writer->bytes, writer->length);
    give_back(writer->bytes);
    writer->bytes = larger;
    writer->capacity = capacity;
  }
  if (text.length) __builtin_memcpy(writer->bytes + writer->length, text.bytes, text.length);
  writer->length += text.length;
}

static struct text of(const char *text) {
  uint32_t length = 0;
  while (text[length]) length++;
  return (struct text){(const uint8_t *)text, length};
}

void exchange_write(struct exchange *exchange, const uint8_t *bytes, uint32_t length) {
  if (!length) return;
  exchange_let_go(exchange, true);
  if (!exchange->is_chunked) return exchange_send(exchange, (struct text){bytes, length});
  uint8_t line[10];
  uint32_t place = sizeof line;
  line[--place] = '\n';
  line[--place] = '\r';
  for (uint32_t rest = length; rest; rest >>= 4) line[--place] = "0123456789abcdef"[rest & 15];
  exchange_send(exchange, (struct text){line + place, sizeof line - place});
  exchange_send(exchange, (struct text){bytes, length});
  exchange_send(exchange, of("\r\n"));
}

static void append_fields(struct writer *writer, const struct fields *fields) {
  for (uint32_t index = 0; fields && index < fields->count; index++) {
    if (is_forbidden(fields->list[index].name)) continue;
    append(writer, fields->list[index].name);
    append(writer, of(": "));
    append(writer, fields->list[index].value);
    append(writer, of("\r\n"));
  }
}

void exchange_end_body(struct exchange *exchange, const struct fields *trailers) {
  exchange_let_go(exchange, trailers && trailers->count);
  if (!exchange->is_chunked || exchange->error) return;
  struct writer writer = {0};
  append(&writer, of("0\r\n"));
  append_fields(&writer, trailers);
  append(&writer, of("\r\n"));
  exchange_send(exchange, (struct text){writer.bytes, (uint32_t)writer.length});
  give_back(writer.bytes);
}

static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"};

bool is_method(const struct outgoing *request, uint8_t number) {
  return request->method.number == number || (request->method.number == METHOD_OTHER && is_exactly(request->method.other, methods[number]));
}

void exchange_send_head(struct exchange *exchange, const struct outgoing *request) {
  struct writer writer = {0};
  append(&writer, request->method.number == METHOD_OTHER ? request->method.other : of(methods[request->method.number]));
  append(&writer, of(" "));
  struct text path = request->path.is_some ? request->path.text : (struct text){0, 0};
  if (!path.length || *path.bytes == '?') append(&writer, of("/"));
  append(&writer, path);
  append(&writer, of(" HTTP/1.1\r\nHost: "));
  append(&writer, request->authority.text);
  bool has_te = false;
  for (uint32_t index = 0; index < request->headers->count; index++) has_te |= is_name(request->headers->list[index].name, "te");
  // RFC 9110, 10.1.4: nobody is to pass it on.
  append(&writer, of(has_te ? "\r\nConnection: close, TE\r\n" : "\r\nConnection: close\r\n"));
  append_fields(&writer, request->headers);
  exchange->held = writer;
  // A GET, or a HEAD, with a coding and nothing in it is what some take for an attack (RFC 9110, 9.3.1).
  bool is_held = exchange->is_chunked && (is_method(request, 0) || is_method(request, 1));
  if (!is_held) exchange_let_go(exchange, exchange->is_chunked);
}

void exchange_let_go(struct exchange *exchange, bool has_body) {
  struct writer writer = exchange->held;
  if (!writer.bytes) return;
  exchange->held = (struct writer){0};
  exchange->is_chunked = has_body;
  append(&writer, of(has_body ? "Transfer-Encoding: chunked\r\n\r\n" : "\r\n"));
  exchange_send(exchange, (struct text){writer.bytes, (uint32_t)writer.length});
  give_back(writer.bytes);
}
