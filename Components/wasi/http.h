// What the files of wasi:http share: fields, bodies, and how a request comes and an answer goes.
#pragma once
#include "component.h"

// MARK: Memory that lasts (heap.c)

void *keep(uint64_t size);
void *keep_copy(const void *bytes, uint32_t length);
// 0 is nothing.
void give_back(void *block);

// MARK: Fields (http-fields.c)

struct text {
  const uint8_t *bytes;
  uint32_t length;
};

// method and scheme: a case, and what it is called if that is none of the known ones.
struct named {
  uint8_t number;
  struct text other;
};
struct option_text {
  uint8_t is_some;
  struct text text;
};
struct option_scheme {
  uint8_t is_some;
  struct named scheme;
};

struct field {
  struct text name, value;
  void *block;  // where both lie, if they are this field's own
};

struct fields {
  uint32_t references;
  uint32_t count, capacity;
  struct field *list;
  void *frame;  // what names and values lie in that have no block
};

enum { HEADER_INVALID, HEADER_FORBIDDEN, HEADER_IMMUTABLE };

struct fields *new_fields_list(void);
// With a copy of both.
void add_field_copy(struct fields *fields, struct text name, struct text value);
int64_t length_value(struct text value);
void add_field(struct fields *fields, struct text name, struct text value, void *block);
void release_fields(struct fields *fields);
// Whether it is a field of the connection, which no program sends and none is shown.
bool is_forbidden(struct text name);
// Those that came from a peer.
void remove_forbidden(struct fields *fields);
// A handle of fields that nobody changes any more, to be looked at.
uint32_t lend_fields(struct fields *fields);
// What the resource was made of, which nobody else can change from here on.
struct fields *take_fields(uint32_t handle);
// content-length, or -1 where there is none. What is none was never let in.
int64_t declared_length(const struct fields *fields);
// Whether all fields of content-length, where there are several, say the same.
bool is_length_agreed(const struct fields *fields);

bool is_token(struct text text);
bool is_name(struct text one, const char *other);  // in whichever case
bool is_exactly(struct text one, const char *other);

// MARK: Errors (http-errors.c)

// error-code, with what its case has: a size, or nothing.
enum {
  HTTP_DESTINATION_NOT_FOUND = 2,
  HTTP_DESTINATION_UNAVAILABLE,
  HTTP_CONNECTION_REFUSED = 6,
  HTTP_CONNECTION_TERMINATED = 7,
  HTTP_CONNECTION_TIMEOUT,
  HTTP_CONNECTION_READ_TIMEOUT,
  HTTP_CONNECTION_WRITE_TIMEOUT,
  HTTP_CONNECTION_LIMIT_REACHED,
  HTTP_TLS_PROTOCOL_ERROR = 12,
  HTTP_TLS_CERTIFICATE_ERROR,
  HTTP_REQUEST_DENIED = 15,
  HTTP_REQUEST_BODY_SIZE = 17,
  HTTP_REQUEST_METHOD_INVALID,
  HTTP_REQUEST_URI_INVALID,
  HTTP_RESPONSE_INCOMPLETE = 25,
  HTTP_RESPONSE_HEADER_SECTION_SIZE,
  HTTP_RESPONSE_BODY_SIZE = 28,
  HTTP_RESPONSE_TIMEOUT = 33,
  HTTP_PROTOCOL_ERROR = 35,
  HTTP_INTERNAL_ERROR = 38,
  HTTP_CODE_COUNT = 39,
};
struct http_error {
  uint32_t code;
  uint64_t size;  // of the two that say how large a body was
};
// As the canonical ABI lays out an error-code.
struct error_code {
  uint8_t code;
  union {
    struct {
      uint8_t is_some;
      uint64_t size;
    };
    uint64_t room[3];
  };
};
struct error_code error_code(struct http_error error);
const struct http_error *keep_error(struct http_error error);

// MARK: The node (http-frames.c)

// A request has been taken from standard input: the standard streams are not the program's.
extern bool is_serving;

// Whether the request is one whose answer has no body.
bool request_is_head(void);

struct request;
// As long as anybody has something of it.
void release_request(struct request *request);

enum { FRAME_HEAD = 1, FRAME_DATA, FRAME_END, FRAME_ERROR };
void send_frame(uint8_t kind, const void *bytes, uint32_t length);
// The frame of fields, behind what a head begins with.
void send_fields(uint8_t kind, const void *start, uint32_t length, const struct fields *fields);

// MARK: Incoming bodies (http-incoming.c)

struct exchange;

// The body that a request brings, frames on standard input; or that an answer to a request of ours does.
struct source {
  struct exchange *exchange;  // 0: the node
  struct request *request;    // whose it is then
  uint32_t left;  // of the frame that is being read
  uint8_t header[5];
  uint8_t header_length;
  bool has_ended;
  const struct http_error *error;  // where it ended too soon
  struct fields *trailers;
};

struct request {
  uint32_t references;
  struct text method, path, authority;  // in the headers' frame
  struct fields *headers;
  struct source body;
};

// How much of what is wanted can be had in one piece, once something can; 0 at the end, and where there is nothing yet.
uint32_t body_room(struct source *source, uint32_t wanted, bool blocks);
struct result_stream read_body(struct object *stream, uint8_t *bytes, uint32_t wanted, bool blocks, uint32_t *count);
// Objects for new_pollable(): each retains the body that it is about (polling.c).
struct object *pollable_source(enum poll_topic topic, struct source *source);
struct object *pollable_sink(struct sink *sink);
struct awaited source_awaits(struct source *source, enum poll_topic topic);
struct awaited sink_awaits(struct sink *sink);
// Each waits as a program's poll does: until more may be written, or it is said why not; until more can be read, or the end.
void wait_for_sink(struct sink *sink);
void wait_for_source(struct source *source);

// MARK: Outgoing bodies (http-outgoing.c)

struct sink {
  uint32_t references;
  struct exchange *exchange;  // 0: the answer to the node
  bool is_sent;      // what goes before it has gone: it need not wait
  bool is_finished;  // and nothing more may be written
  bool is_broken;
  bool ignores_length;  // an answer without a body may say how long it would be
  int64_t declared;     // bytes; -1 where that was not said
  uint64_t written;
  uint8_t *waiting;
  uint32_t waiting_length, waiting_capacity;
  struct fields *trailers;  // of a body that was finished before what it belongs to was sent
  bool is_of_request;
};

enum { WAITING_LIMIT = 1 << 20 };

struct sink *new_sink(int64_t declared, bool is_of_request);
struct sink *retained_sink(struct sink *sink);
void release_sink(struct sink *sink);
uint64_t body_permits(const struct sink *sink);
struct result_stream write_body(struct object *stream, const uint8_t *bytes, uint32_t length);
void flush_body(struct sink *sink);
// Nothing is left of the answer before. - Returns: false where that was not whole.
bool begin_answer(void);

void drop_http(struct object *object);
// Of an outgoing-request, an outgoing-response, request-options: what it is made of.
void drop_outgoing_request_parts(struct object *object);

// MARK: Requests of ours (http-requests.c, http-exchange.h)

// method and scheme, as they were set.
struct outgoing {
  struct named method;
  struct option_text path, authority;
  struct option_scheme scheme;
  struct fields *headers;
  struct sink *body;
};
struct option_time {
  uint8_t is_some;
  uint64_t nanoseconds;
};
enum { CONNECT_TIME, FIRST_BYTE_TIME, BETWEEN_BYTES_TIME, TIME_COUNT };
enum { METHOD_OTHER = 9, SCHEME_HTTP = 0, SCHEME_HTTPS, SCHEME_OTHER };

// "example", "example:8080", "[::1]:80" (RFC 3986, 3.2), without a user. - Returns: false where it is none; a port that is not said is left as it was.
bool read_authority(struct text authority, uint16_t *port, struct text *host);

// - Returns: whether more of the body is there, or its end; false where that would block.
bool exchange_advance(struct exchange *exchange);
uint32_t exchange_read(struct exchange *exchange, uint8_t *bytes, uint32_t length);
void exchange_write(struct exchange *exchange, const uint8_t *bytes, uint32_t length);
void begin_sending(struct sink *sink, struct exchange *exchange);
void exchange_end_body(struct exchange *exchange, const struct fields *trailers);
// How much may be written of a request's body, which may be nothing now.
uint64_t exchange_permits(struct exchange *exchange);
// The body will not become whole: the peer is told so by the connection's end.
void exchange_give_up_body(struct exchange *exchange);
// The answer's head is there, or something of its body or the end; or the time for it is over.
struct awaited exchange_awaits_head(struct exchange *exchange);
struct awaited exchange_awaits_body(struct exchange *exchange);
// Room for more of the request's body.
struct awaited exchange_awaits_room(struct exchange *exchange);
// What goes on while the program waits for anything: exchanges that connect, or have something to send; 0 at the end, and before the first.
struct exchange *next_busy(const struct exchange *before);
uint32_t busy_count(void);
// Without a socket: others have to be connected first.
struct awaited exchange_awaits_turn(const struct exchange *exchange);
void exchange_go_on(struct exchange *exchange);
// A request lasts as long as anybody has something of it.
struct source *retained_source(struct source *source);
void release_source(struct source *source);
void release_exchange(struct exchange *exchange);
