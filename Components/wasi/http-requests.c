// wasi:http/types: outgoing-request and request-options.
#include "http.h"

EXPORT("http/types#[constructor]outgoing-request") uint32_t outgoing_request_constructor(uint32_t headers) {
  struct outgoing *request = keep(sizeof *request);
  *request = (struct outgoing){.headers = take_fields(headers)};
  struct object *object = new_object(KIND_OUTGOING_REQUEST);
  object->http = request;
  return new_outgoing_request(object);
}

EXPORT("http/types#[method]outgoing-request.body") const struct result_handle *outgoing_request_body(struct object *self) {
  static const struct result_handle failed = {true, {0}};
  static struct result_handle result;
  struct outgoing *request = self->http;
  if (request->body) return &failed;
  request->body = new_sink(declared_length(request->headers), true);
  struct object *object = new_object(KIND_OUTGOING_BODY);
  object->http = retained_sink(request->body);
  result = (struct result_handle){false, {new_outgoing_body(object)}};
  return &result;
}

EXPORT("http/types#[method]outgoing-request.method") const struct named *outgoing_request_method(const struct object *self) {
  return &((const struct outgoing *)self->http)->method;
}
EXPORT("http/types#[method]outgoing-request.path-with-query") const struct option_text *outgoing_request_path(const struct object *self) {
  return &((const struct outgoing *)self->http)->path;
}
EXPORT("http/types#[method]outgoing-request.scheme") const struct option_scheme *outgoing_request_scheme(const struct object *self) {
  return &((const struct outgoing *)self->http)->scheme;
}
EXPORT("http/types#[method]outgoing-request.authority") const struct option_text *outgoing_request_authority(const struct object *self) {
  return &((const struct outgoing *)self->http)->authority;
}
EXPORT("http/types#[method]outgoing-request.headers") uint32_t outgoing_request_headers(const struct object *self) {
  return lend_fields(((const struct outgoing *)self->http)->headers);
}

static void replace(struct text *place, struct text text) {
  give_back((void *)place->bytes);
  *place = (struct text){text.length ? keep_copy(text.bytes, text.length) : 0, text.length};
}

EXPORT("http/types#[method]outgoing-request.set-method")
uint32_t outgoing_request_set_method(struct object *self, uint32_t number, const uint8_t *bytes, uint32_t length) {
  begin_call();
  struct outgoing *request = self->http;
  bool is_other = number == METHOD_OTHER;
  if (is_other && !is_token((struct text){bytes, length})) return true;
  request->method.number = (uint8_t)number;
  replace(&request->method.other, is_other ? (struct text){bytes, length} : (struct text){0, 0});
  return false;
}

static bool is_one_of(uint8_t byte, const char *bytes) {
  while (*bytes && (uint8_t)*bytes != byte) bytes++;
  return *bytes;
}

// Nothing in it may end the line that it will stand in, or be taken for another part of it (RFC 3986, 3.3 and 3.4). What programs leave in a query
// all the same, like "|" and "[", harms nobody.
static bool is_path(struct text text) {
  const char *others = "\"<>\\^`{}";
  for (uint32_t index = 0; index < text.length; index++) {
    if (text.bytes[index] == '?') others = "\"<>";
    if (text.bytes[index] <= 32 || text.bytes[index] == 127 || is_one_of(text.bytes[index], others)) return false;
  }
  return true;
}

static bool is_host(struct text text, bool is_version6) {
  for (uint32_t index = 0; index < text.length; index++) {
    uint8_t byte = text.bytes[index], letter = byte | 32;
    bool is_digit = byte >= '0' && byte <= '9', is_letter = letter >= 'a' && letter <= (is_version6 ? 'f' : 'z');
    if (!is_digit && !is_letter && !is_one_of(byte, is_version6 ? ":." : "-._~%!$&'()*+,;=")) return false;
  }
  return text.length;
}

bool read_authority(struct text authority, uint16_t *port, struct text *host) {
  uint32_t end = 0;
  bool is_version6 = authority.length && *authority.bytes == '[';
  while (end < authority.length && authority.bytes[end] != (is_version6 ? ']' : ':')) end++;
  if (is_version6 && end == authority.length) return false;
  *host = is_version6 ? (struct text){authority.bytes + 1, end - 1} : (struct text){authority.bytes, end};
  end += is_version6;
  if (!is_host(*host, is_version6)) return false;
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

static uint32_t set_text(struct option_text *place, uint32_t is_some, struct text text) {
  place->is_some = is_some != 0;
  replace(&place->text, is_some ? text : (struct text){0, 0});
  return false;
}

EXPORT("http/types#[method]outgoing-request.set-path-with-query")
uint32_t outgoing_request_set_path(struct object *self, uint32_t is_some, const uint8_t *bytes, uint32_t length) {
  begin_call();
  struct text text = {bytes, 0};
  // A fragment is not for the peer.
  while (is_some && text.length < length && bytes[text.length] != '#') text.length++;
  if (text.length && *bytes != '/' && *bytes != '?' && !(text.length == 1 && *bytes == '*')) return true;
  if (!is_path(text)) return true;
  return set_text(&((struct outgoing *)self->http)->path, is_some, text);
}

EXPORT("http/types#[method]outgoing-request.set-authority")
uint32_t outgoing_request_set_authority(struct object *self, uint32_t is_some, const uint8_t *bytes, uint32_t length) {
  begin_call();
  struct text text = {bytes, length};
  struct text host;
  uint16_t port;
  if (is_some && !read_authority(text, &port, &host)) return true;
  return set_text(&((struct outgoing *)self->http)->authority, is_some, text);
}

// RFC 3986, 3.1.
static bool is_scheme(struct text text) {
  for (uint32_t index = 0; index < text.length; index++) {
    uint8_t byte = text.bytes[index], letter = byte | 32;
    bool is_letter = letter >= 'a' && letter <= 'z';
    if (!is_letter && (index == 0 || !((byte >= '0' && byte <= '9') || byte == '+' || byte == '-' || byte == '.'))) return false;
  }
  return text.length != 0;
}

EXPORT("http/types#[method]outgoing-request.set-scheme")
uint32_t outgoing_request_set_scheme(struct object *self, uint32_t is_some, uint32_t number, const uint8_t *bytes, uint32_t length) {
  begin_call();
  struct outgoing *request = self->http;
  bool is_other = is_some && number == SCHEME_OTHER;
  if (is_other && !is_scheme((struct text){bytes, length})) return true;
  request->scheme.is_some = is_some != 0;
  request->scheme.scheme.number = is_some ? (uint8_t)number : 0;
  replace(&request->scheme.scheme.other, is_other ? (struct text){bytes, length} : (struct text){0, 0});
  return false;
}

void drop_outgoing_request_parts(struct object *object) {
  if (object->kind == KIND_OUTGOING_REQUEST) {
    struct outgoing *request = object->http;
    give_back((void *)request->method.other.bytes);
    give_back((void *)request->path.text.bytes);
    give_back((void *)request->authority.text.bytes);
    give_back((void *)request->scheme.scheme.other.bytes);
    release_fields(request->headers);
    release_sink(request->body);
  }
  give_back(object->http);
}

// MARK: request-options

EXPORT("http/types#[constructor]request-options") uint32_t request_options_constructor(void) {
  struct option_time *times = keep(TIME_COUNT * sizeof *times);
  __builtin_memset(times, 0, TIME_COUNT * sizeof *times);
  struct object *object = new_object(KIND_OPTIONS);
  object->http = times;
  return new_request_options(object);
}

static const struct option_time *time_of(const struct object *options, uint32_t which) { return (const struct option_time *)options->http + which; }

static uint32_t set_time(struct object *options, uint32_t which, uint32_t is_some, uint64_t nanoseconds) {
  ((struct option_time *)options->http)[which] = (struct option_time){is_some != 0, nanoseconds};
  return false;
}

#define TIME(name, function, which)                                                                                       \
  EXPORT("http/types#[method]request-options." name) const struct option_time *options_##function(const struct object *self) { \
    return time_of(self, which);                                                                                          \
  }                                                                                                                       \
  EXPORT("http/types#[method]request-options.set-" name)                                                                  \
  uint32_t options_set_##function(struct object *self, uint32_t is_some, uint64_t nanoseconds) {                          \
    return set_time(self, which, is_some, nanoseconds);                                                                   \
  }
TIME("connect-timeout", connect, CONNECT_TIME)
TIME("first-byte-timeout", first_byte, FIRST_BYTE_TIME)
TIME("between-bytes-timeout", between_bytes, BETWEEN_BYTES_TIME)
