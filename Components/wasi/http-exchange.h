// One request and its answer: HTTP/1.1 (RFC 9112) over one connection of the host's network (http-exchange.c, http-answer.c).
#pragma once
#include "http.h"
#include "network.h"

// A line of fields may be as long as all of them; LINE_LIMIT is a chunk's first line's.
enum { HEAD_LIMIT = 64 << 10, LINE_LIMIT = 8 << 10, BUFFER_SIZE = HEAD_LIMIT };

struct writer {
  uint8_t *bytes;
  uint64_t length, capacity;
};

struct exchange {
  uint32_t references;
  struct object *socket;
  struct source source;  // the answer's body
  struct sink *sink;     // the request's body, or 0
  bool is_chunked;       // the request's body
  bool is_head;
  struct writer held;  // the request's head, where it is to be seen first whether there is a body; otherwise empty
  bool takes_no_more;  // the peer, of the request: what it has answered may be there all the same
  const struct http_error *error;
  uint64_t times[TIME_COUNT];
  uint64_t deadline;  // monotonic: when the answer's head, or the next bytes of its body, are too late
  uint64_t write_deadline;  // when room for the request's body is, for which somebody has begun to wait; UINT64_MAX: nobody has
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

// Its first error stays, and is that of both bodies.
void exchange_fail(struct exchange *exchange, uint32_t code);
void exchange_send_head(struct exchange *exchange, const struct outgoing *request);
// A head that was held goes out.
void exchange_let_go(struct exchange *exchange, bool has_body);
// - Returns: whether the head is there, or will not be.
bool exchange_read_head(struct exchange *exchange);
// However it was set.
bool is_method(const struct outgoing *request, uint8_t number);
// Monotonic; at most the last moment that there is.
uint64_t time_after(uint64_t duration);
