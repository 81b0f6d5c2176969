// wasi:http/outgoing-handler: HTTP/1.1 (RFC 9112) over one connection of the host's network for each request. Whether a place may be reached is
// for the network's rules to say; with https the host's gate speaks TLS and has checked the certificate.
#include "http.h"
#include "network.h"

enum { HEAD_LIMIT = 64 << 10, LINE_LIMIT = 8 << 10, BUFFER_SIZE = HEAD_LIMIT };
static const uint64_t DEFAULT_TIME = 60ull * 1000000000;

struct exchange {
  uint32_t references;
  struct object *socket;
  struct source source;  // the answer's body
  struct sink *sink;     // the request's body, or 0
  bool is_chunked;       // the request's body
  bool is_head;
  bool takes_no_more;  // the peer, of the request: what it has answered may be there all the same
  const struct http_error *error;
  uint64_t times[TIME_COUNT];
  uint64_t deadline;  // monotonic: when the next bytes of the answer are too late
  bool has_begun;     // the answer
  // What has been read and not used.
  uint8_t *bytes;
  uint32_t first, last;
  bool peer_has_ended;
  // The answer.
  bool has_head;
  uint16_t status;
  struct fields *headers;
  uint32_t section_left;  // bytes that lines of fields may still have: the head's and all before it, then the trailers'
  enum { BODY_LENGTH, BODY_CHUNK, BODY_CHUNK_END, BODY_CHUNK_HEAD, BODY_TRAILERS, BODY_TO_CLOSE } body;
  uint64_t left;
};

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
  if (exchange->socket) release_socket(exchange->socket);
  release_fields(exchange->headers);
  release_fields(source->trailers);
  give_back(exchange->bytes);
  give_back(exchange);
}

void release_exchange(struct exchange *exchange) { release_source(&exchange->source); }

static void fail(struct exchange *exchange, uint32_t code) {
  if (!exchange->error) exchange->error = keep_error((struct http_error){code, 0});
  exchange->source.has_ended = true;
  exchange->source.error = exchange->error;
  if (exchange->sink) exchange->sink->is_broken = true;
}

static uint64_t moment(uint64_t duration) {
  uint64_t deadline;
  return __builtin_add_overflow(monotonic_now(), duration, &deadline) ? UINT64_MAX : deadline;
}

// MARK: Sending

static bool send_all(struct exchange *exchange, const uint8_t *bytes, uint32_t length) {
  uint64_t deadline = moment(exchange->times[BETWEEN_BYTES_TIME]);
  while (length && !exchange->error && !exchange->takes_no_more) {
    uint32_t count = 0;
    linux_errno number = socket_write(exchange->socket, bytes, length, &count);
    if (number == LINUX_EAGAIN) {
      if (!wait_for_socket(exchange->socket, NET_WRITABLE, deadline)) fail(exchange, HTTP_CONNECTION_WRITE_TIMEOUT);
    } else if (number) {
      // Who does not want a request to its end may have said why: that is still to be read.
      exchange->takes_no_more = true;
      if (exchange->sink) exchange->sink->is_broken = true;
    } else if (count) {
      bytes += count;
      length -= count;
      deadline = moment(exchange->times[BETWEEN_BYTES_TIME]);
    }
  }
  if (!exchange->has_begun) exchange->deadline = moment(exchange->times[FIRST_BYTE_TIME]);
  return !exchange->error && !exchange->takes_no_more;
}

void exchange_write(struct exchange *exchange, const uint8_t *bytes, uint32_t length) {
  if (!length) return;
  if (!exchange->is_chunked) {
    send_all(exchange, bytes, length);
    return;
  }
  uint8_t line[10];
  uint32_t place = sizeof line;
  line[--place] = '\n';
  line[--place] = '\r';
  for (uint32_t rest = length; rest; rest >>= 4) line[--place] = "0123456789abcdef"[rest & 15];
  if (send_all(exchange, line + place, sizeof line - place) && send_all(exchange, bytes, length)) send_all(exchange, (const uint8_t *)"\r\n", 2);
}

struct writer {
  uint8_t *bytes;
  uint64_t length, capacity;
};

static void append(struct writer *writer, struct text text) {
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

static void append_fields(struct writer *writer, const struct fields *fields) {
  for (uint32_t index = 0; fields && index < fields->count; index++) {
    append(writer, fields->list[index].name);
    append(writer, of(": "));
    append(writer, fields->list[index].value);
    append(writer, of("\r\n"));
  }
}

void exchange_end_body(struct exchange *exchange, const struct fields *trailers) {
  if (!exchange->is_chunked || exchange->error) return;
  struct writer writer = {0};
  append(&writer, of("0\r\n"));
  append_fields(&writer, trailers);
  append(&writer, of("\r\n"));
  send_all(exchange, writer.bytes, (uint32_t)writer.length);
  give_back(writer.bytes);
}

void exchange_give_up_body(struct exchange *exchange) {
  if (exchange->error || exchange->takes_no_more) return;
  exchange->takes_no_more = true;
  socket_finish_writing(exchange->socket);
}

enum { WRITE_PERMIT = 65536 };

uint64_t exchange_permits(struct exchange *exchange) { return wait_for_socket(exchange->socket, NET_WRITABLE, 0) ? WRITE_PERMIT : 0; }

struct object *exchange_write_pollable(struct exchange *exchange) {
  return pollable_socket_until(exchange->socket, NET_WRITABLE, moment(exchange->times[BETWEEN_BYTES_TIME]));
}

static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"};

static void send_head(struct exchange *exchange, const struct outgoing *request) {
  struct writer writer = {0};
  append(&writer, request->method.number == METHOD_OTHER ? request->method.other : of(methods[request->method.number]));
  append(&writer, of(" "));
  struct text path = request->path.is_some ? request->path.text : (struct text){0, 0};
  if (!path.length || *path.bytes == '?') append(&writer, of("/"));
  append(&writer, path);
  append(&writer, of(" HTTP/1.1\r\nHost: "));
  append(&writer, request->authority.text);
  append(&writer, of("\r\nConnection: close\r\n"));
  append_fields(&writer, request->headers);
  if (exchange->is_chunked) append(&writer, of("Transfer-Encoding: chunked\r\n"));
  append(&writer, of("\r\n"));
  send_all(exchange, writer.bytes, (uint32_t)writer.length);
  give_back(writer.bytes);
}

// MARK: Reading

// More bytes. - Returns: false where none are there yet; true also at the peer's end, and after an error.
static bool fill(struct exchange *exchange, bool blocks) {
  if (exchange->first == exchange->last) exchange->first = exchange->last = 0;
  if (exchange->first && exchange->last == BUFFER_SIZE) {
    __builtin_memmove(exchange->bytes, exchange->bytes + exchange->first, exchange->last - exchange->first);
    exchange->last -= exchange->first;
    exchange->first = 0;
  }
  while (!exchange->error && exchange->last < BUFFER_SIZE) {
    uint32_t count = 0;
    linux_errno number = socket_read(exchange->socket, exchange->bytes + exchange->last, BUFFER_SIZE - exchange->last, &count);
    if (number == LINUX_EAGAIN) {
      if (blocks && wait_for_socket(exchange->socket, NET_READABLE, exchange->deadline)) continue;
      if (!blocks && monotonic_now() < exchange->deadline) return false;
      fail(exchange, exchange->has_begun ? HTTP_CONNECTION_READ_TIMEOUT : HTTP_RESPONSE_TIMEOUT);
      continue;
    }
    if (number) fail(exchange, HTTP_CONNECTION_TERMINATED);
    else if (count == 0) exchange->peer_has_ended = true;
    exchange->last += count;
    exchange->has_begun = true;
    exchange->deadline = moment(exchange->times[BETWEEN_BYTES_TIME]);
    break;
  }
  return true;
}

// The next line, without its end; nothing while it is not whole. - Returns: whether there is one.
static bool take_line(struct exchange *exchange, struct text *line) {
  for (uint32_t place = exchange->first; place < exchange->last; place++) {
    if (exchange->bytes[place] != '\n') continue;
    uint32_t end = place > exchange->first && exchange->bytes[place - 1] == '\r' ? place - 1 : place;
    *line = (struct text){exchange->bytes + exchange->first, end - exchange->first};
    exchange->first = place + 1;
    return true;
  }
  return false;
}

static struct text trimmed(struct text text) {
  while (text.length && (*text.bytes == ' ' || *text.bytes == '\t')) text.bytes++, text.length--;
  while (text.length && (text.bytes[text.length - 1] == ' ' || text.bytes[text.length - 1] == '\t')) text.length--;
  return text;
}

// "name: value". Whoever folds lines, or has a space before the colon, may mean two things at once (RFC 9112, 5).
static bool add_line(struct exchange *exchange, struct fields *fields, struct text line) {
  uint32_t colon = 0;
  if (line.length > exchange->section_left) {
    fail(exchange, HTTP_RESPONSE_HEADER_SECTION_SIZE);
    return true;
  }
  exchange->section_left -= line.length;
  while (colon < line.length && line.bytes[colon] != ':') colon++;
  struct text name = {line.bytes, colon};
  if (colon == line.length || !is_token(name) || !is_utf8(name.bytes, name.length) || fields->count >= 1000) return false;
  struct text value = trimmed((struct text){line.bytes + colon + 1, line.length - colon - 1});
  for (uint32_t index = 0; index < value.length; index++)
    if ((value.bytes[index] < 32 && value.bytes[index] != 9) || value.bytes[index] == 127) return false;
  add_field_copy(fields, name, value);
  return true;
}

static bool read_status(struct text line, uint16_t *status) {
  static const char version[] = "HTTP/1.";
  if (line.length < 12) return false;
  for (uint32_t index = 0; index < 7; index++)
    if (line.bytes[index] != (uint8_t)version[index]) return false;
  if (line.bytes[8] != ' ' || (line.length > 12 && line.bytes[12] != ' ')) return false;
  *status = 0;
  for (uint32_t index = 9; index < 12; index++) {
    if (line.bytes[index] < '0' || line.bytes[index] > '9') return false;
    *status = (uint16_t)(*status * 10 + line.bytes[index] - '0');
  }
  return *status >= 100 && *status <= 599;
}

// How far the body reaches (RFC 9112, 6.3). Two lengths that differ, or a length beside a coding, are not guessed about.
static bool read_framing(struct exchange *exchange) {
  int64_t length = -1;
  bool is_chunked = false;
  for (uint32_t index = 0; index < exchange->headers->count; index++) {
    const struct field *field = &exchange->headers->list[index];
    if (is_name(field->name, "transfer-encoding")) {
      if (is_chunked || !is_name(field->value, "chunked")) return false;
      is_chunked = true;
    } else if (is_name(field->name, "content-length")) {
      int64_t found = length_value(field->value);
      if (found < 0 || (length >= 0 && length != found)) return false;
      length = found;
    }
  }
  if (is_chunked && length >= 0) return false;
  exchange->left = 0;
  exchange->body = BODY_LENGTH;
  if (exchange->is_head || exchange->status == 204 || exchange->status == 304) return true;
  if (is_chunked) exchange->body = BODY_CHUNK_HEAD;
  else if (length >= 0) exchange->left = (uint64_t)length;
  else exchange->body = BODY_TO_CLOSE;
  return true;
}

// - Returns: whether the head is there, or will not be. Once the first byte has come it is waited for, behind informational answers too: a pollable told of
// that byte, and programs take what is ready for what is there.
static bool read_head(struct exchange *exchange, bool blocks) {
  while (!exchange->error && !exchange->has_head) {
    struct text line;
    if (!take_line(exchange, &line)) {
      if (exchange->last - exchange->first >= LINE_LIMIT) fail(exchange, HTTP_RESPONSE_HEADER_SECTION_SIZE);
      else if (exchange->peer_has_ended) fail(exchange, HTTP_RESPONSE_INCOMPLETE);
      else if (!fill(exchange, blocks || exchange->has_begun)) return false;
      continue;
    }
    if (!exchange->headers) {
      if (!read_status(line, &exchange->status)) fail(exchange, HTTP_PROTOCOL_ERROR);
      else if (line.length > exchange->section_left) fail(exchange, HTTP_RESPONSE_HEADER_SECTION_SIZE);
      else {
        exchange->section_left -= line.length;
        exchange->headers = new_fields_list();
      }
    } else if (line.length == 0 && exchange->status < 200) {
      // An informational answer: the one that is meant follows. There is no 101, since nothing was asked to change.
      release_fields(exchange->headers);
      exchange->headers = 0;
      if (exchange->status == 101) fail(exchange, HTTP_PROTOCOL_ERROR);
    } else if (line.length == 0) {
      if (read_framing(exchange)) exchange->has_head = true;
      else fail(exchange, HTTP_PROTOCOL_ERROR);
    } else if (!add_line(exchange, exchange->headers, line)) {
      fail(exchange, HTTP_PROTOCOL_ERROR);
    }
  }
  return true;
}

// A chunk's size in hexadecimal digits, and what an extension may follow.
static bool read_size(struct text line, uint64_t *size) {
  uint32_t count = 0;
  *size = 0;
  for (; count < line.length; count++) {
    uint8_t byte = line.bytes[count], letter = byte | 32;
    uint32_t digit;
    if (byte >= '0' && byte <= '9') digit = byte - '0';
    else if (letter >= 'a' && letter <= 'f') digit = letter - 'a' + 10;
    else break;
    if (count >= 15) return false;
    *size = *size << 4 | digit;
  }
  struct text rest = trimmed((struct text){line.bytes + count, line.length - count});
  return count && (rest.length == 0 || *rest.bytes == ';');
}

bool exchange_advance(struct exchange *exchange, bool blocks) {
  struct source *source = &exchange->source;
  while (!source->has_ended) {
    bool is_data = exchange->body == BODY_LENGTH || exchange->body == BODY_CHUNK || exchange->body == BODY_TO_CLOSE;
    if (is_data && exchange->body != BODY_TO_CLOSE && exchange->left == 0) {
      if (exchange->body == BODY_CHUNK) exchange->body = BODY_CHUNK_END;
      else source->has_ended = true;
      continue;
    }
    if (is_data && exchange->last > exchange->first) {
      uint64_t there = exchange->last - exchange->first;
      source->left = (uint32_t)(exchange->body == BODY_TO_CLOSE || there < exchange->left ? there : exchange->left);
      return true;
    }
    struct text line;
    if (is_data || !take_line(exchange, &line)) {
      if (exchange->peer_has_ended) {
        if (exchange->body == BODY_TO_CLOSE) source->has_ended = true;
        else fail(exchange, HTTP_RESPONSE_INCOMPLETE);
      } else if (!is_data && exchange->last - exchange->first >= LINE_LIMIT) {
        fail(exchange, HTTP_PROTOCOL_ERROR);
      } else if (!fill(exchange, blocks)) {
        return false;
      }
      continue;
    }
    if (exchange->body == BODY_CHUNK_END) {
      if (line.length) fail(exchange, HTTP_PROTOCOL_ERROR);
      exchange->body = BODY_CHUNK_HEAD;
    } else if (exchange->body == BODY_CHUNK_HEAD) {
      if (!read_size(line, &exchange->left)) fail(exchange, HTTP_PROTOCOL_ERROR);
      exchange->body = exchange->left ? BODY_CHUNK : BODY_TRAILERS;
      if (!exchange->left) {
        source->trailers = new_fields_list();
        exchange->section_left = HEAD_LIMIT;
      }
    } else if (line.length == 0) {
      source->has_ended = true;
    } else if (!add_line(exchange, source->trailers, line)) {
      fail(exchange, HTTP_PROTOCOL_ERROR);
    }
  }
  return true;
}

uint32_t exchange_read(struct exchange *exchange, uint8_t *bytes, uint32_t length) {
  uint32_t count = exchange->source.left < length ? exchange->source.left : length;
  __builtin_memcpy(bytes, exchange->bytes + exchange->first, count);
  exchange->first += count;
  if (exchange->body != BODY_TO_CLOSE) exchange->left -= count;
  return count;
}

struct object *exchange_pollable(struct exchange *exchange) {
  // Of a head whose first bytes have come the rest is waited for by whoever asks for it. Of a body, half of a line is nothing to be read.
  bool is_there = exchange->has_head ? exchange_advance(exchange, false)
                                     : exchange->error || exchange->has_begun;
  return is_there ? pollable_ready() : pollable_socket_until(exchange->socket, NET_READABLE, exchange->deadline);
}

// MARK: outgoing-handler

static uint32_t code_of(linux_errno number) {
  switch (number) {
    case LINUX_EACCES: return HTTP_REQUEST_DENIED;
    case 2: return HTTP_DESTINATION_NOT_FOUND;
    case LINUX_ECONNREFUSED: return HTTP_CONNECTION_REFUSED;
    case LINUX_ETIMEDOUT: return HTTP_CONNECTION_TIMEOUT;
    case LINUX_EMFILE: return HTTP_CONNECTION_LIMIT_REACHED;
    case LINUX_EKEYREJECTED: return HTTP_TLS_CERTIFICATE_ERROR;
    case LINUX_EPROTO: return HTTP_TLS_PROTOCOL_ERROR;
    default: return HTTP_DESTINATION_UNAVAILABLE;
  }
}

// "example", "example:8080", "[::1]:80".
static bool read_authority(struct text authority, uint16_t *port, struct text *host) {
  uint32_t end = 0;
  if (authority.length && *authority.bytes == '[') {
    while (end < authority.length && authority.bytes[end] != ']') end++;
    if (end == authority.length) return false;
    *host = (struct text){authority.bytes + 1, end++ - 1};
  } else {
    while (end < authority.length && authority.bytes[end] != ':') end++;
    *host = (struct text){authority.bytes, end};
  }
  if (!host->length) return false;
  if (end == authority.length) return true;
  if (authority.bytes[end] != ':') return false;
  uint32_t number = 0;
  for (uint32_t index = end + 1; index < authority.length; index++) {
    if (authority.bytes[index] < '0' || authority.bytes[index] > '9' || number > 6553) return false;
    number = number * 10 + authority.bytes[index] - '0';
  }
  if (end + 1 == authority.length) return true;
  *port = (uint16_t)number;
  return number > 0 && number <= 65535;
}

// However it was set.
static bool is_method(const struct outgoing *request, uint8_t number) {
  return request->method.number == number || (request->method.number == METHOD_OTHER && is_exactly(request->method.other, methods[number]));
}

static uint32_t connect(struct exchange *exchange, const struct outgoing *request) {
  bool is_plain = request->scheme.is_some && request->scheme.scheme.number == SCHEME_HTTP;
  uint16_t port = is_plain ? 80 : 443;
  struct text host;
  // What follows a CONNECT is no answer of HTTP.
  if (is_method(request, 5)) return HTTP_REQUEST_METHOD_INVALID;
  if (request->scheme.is_some && request->scheme.scheme.number == SCHEME_OTHER) return HTTP_REQUEST_URI_INVALID;
  if (!request->authority.is_some || !read_authority(request->authority.text, &port, &host)) return HTTP_REQUEST_URI_INVALID;
  linux_errno number = begin_connect_by_name(host.bytes, host.length, port, !is_plain, &exchange->socket);
  if (number) return code_of(number);
  uint64_t deadline = moment(exchange->times[CONNECT_TIME]);
  while ((number = socket_connected(exchange->socket)) == LINUX_EAGAIN)
    if (!wait_for_socket(exchange->socket, NET_WRITABLE, deadline)) return HTTP_CONNECTION_TIMEOUT;
  return number ? code_of(number) : 0;
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
  *exchange = (struct exchange){.references = 1, .sink = request->body ? retained_sink(request->body) : 0, .section_left = HEAD_LIMIT};
  exchange->source.exchange = exchange;
  for (uint32_t index = 0; index < TIME_COUNT; index++) {
    exchange->times[index] = times && times[index].is_some ? times[index].nanoseconds : DEFAULT_TIME;
  }
  exchange->is_head = is_method(request, 1);
  exchange->is_chunked = request->body && request->body->declared < 0;
  uint32_t code = connect(exchange, request);
  if (!code) {
    exchange->bytes = keep(BUFFER_SIZE);
    send_head(exchange, request);
    if (request->body) begin_sending(request->body, exchange);
    code = exchange->error ? exchange->error->code : 0;
  }
  if (code) {
    release_exchange(exchange);
    result = (struct result_response){true, {.code = error_code((struct http_error){code, 0})}};
  } else {
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
  return new_pollable(exchange_pollable(self->http));
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
  if (!read_head(exchange, false)) return &result;
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
