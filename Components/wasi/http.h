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
};

enum { HEADER_INVALID, HEADER_FORBIDDEN, HEADER_IMMUTABLE };

struct fields *new_fields_list(void);
void add_field(struct fields *fields, struct text name, struct text value, void *block);
void release_fields(struct fields *fields);
// A handle of fields that nobody changes any more, to be looked at.
uint32_t lend_fields(struct fields *fields);
// What the resource was made of, which nobody else can change from here on.
struct fields *take_fields(uint32_t handle);
// content-length, or -1 where there is none. What is none was never let in.
int64_t declared_length(const struct fields *fields);

bool is_token(struct text text);
bool is_name(struct text one, const char *other);  // in whichever case
bool is_exactly(struct text one, const char *other);

// MARK: Errors (http-errors.c)

// error-code, with what its case has: a size, or nothing.
enum {
  HTTP_CONNECTION_TERMINATED = 7,
  HTTP_REQUEST_DENIED = 15,
  HTTP_REQUEST_BODY_SIZE = 17,
  HTTP_RESPONSE_BODY_SIZE = 28,
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

struct request {
  struct text method, path, authority;
  struct fields *headers;
};

enum { FRAME_HEAD = 1, FRAME_DATA, FRAME_END, FRAME_ERROR };
void send_frame(uint8_t kind, const void *bytes, uint32_t length);
// The frame of fields, behind what a head begins with.
void send_fields(uint8_t kind, const void *start, uint32_t length, const struct fields *fields);

// MARK: Incoming bodies (http-incoming.c)

// The body that a request brings: frames on standard input.
struct source {
  uint32_t left;  // of the frame that is being read
  uint8_t header[5];
  uint8_t header_length;
  bool has_ended;
  const struct http_error *error;  // where it ended too soon
  struct fields *trailers;
};
extern struct source request_body;

// How much of what is wanted can be had in one piece, once something can; 0 at the end, and where there is nothing yet.
uint32_t body_room(struct source *source, uint32_t wanted, bool blocks);
struct result_stream read_body(struct object *stream, uint8_t *bytes, uint32_t wanted, bool blocks, uint32_t *count);
// Reads what was not read. - Returns: whether the end was reached; false only where that may not block.
bool skip_to_end(struct source *source, bool blocks);

// MARK: Outgoing bodies (http-outgoing.c)

struct sink {
  bool is_sent;      // what goes before it has gone: it need not wait
  bool is_finished;  // and nothing more may be written
  bool is_broken;
  bool ignores_length;  // an answer without a body may say how long it would be
  int64_t declared;     // bytes; -1 where that was not said
  uint64_t written;
  uint8_t *waiting;
  uint32_t waiting_length, waiting_capacity;
};

enum { WAITING_LIMIT = 1 << 20 };

struct sink *new_sink(int64_t declared);
uint64_t body_permits(const struct sink *sink);
struct result_stream write_body(struct object *stream, const uint8_t *bytes, uint32_t length);
void flush_body(struct sink *sink);

void drop_http(struct object *object);
