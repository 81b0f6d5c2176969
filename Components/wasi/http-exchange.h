// One request and its answer: HTTP/1.1 (RFC 9112) over one connection of the host's network (http-connection.c, http-exchange.c, http-answer.c).
#pragma once
#include "http.h"
#include "network.h"

// A line of fields may be as long as all of them; LINE_LIMIT is a chunk's first line's.
enum { HEAD_LIMIT = 64 << 10, LINE_LIMIT = 8 << 10, BUFFER_SIZE = HEAD_LIMIT, WRITE_PERMIT = 64 << 10 };

struct writer {
  uint8_t *bytes;
  uint64_t length, capacity;
};

struct exchange {
  uint32_t references;
  // The connection.
  enum exchange_state { CONNECTED, CONNECTING, AWAITING_TURN } state;
  struct object *socket;  // 0 before its turn
  struct text host;       // a copy, until it is connected
  uint16_t port;
  bool is_encrypted;
  struct writer unsent;  // of what was written, what has not been taken, behind the first `sent` bytes
  uint64_t sent;
  struct exchange *next_busy, *previous_busy;
  bool is_given_up;    // the request will not become whole: after what is unsent comes the connection's end
  struct source source;  // the answer's body
  struct sink *sink;     // the request's body, or 0
  bool is_chunked;       // the request's body
  bool is_head;
  struct writer held;  // the request's head, where it is to be seen first whether there is a body; otherwise empty
  bool takes_no_more;  // the peer, of the request: what it has answered may be there all the same
  const struct http_error *error;
  uint64_t times[TIME_COUNT];
  uint64_t deadline;  // monotonic: when the answer's head, or the next bytes of its body, are too late
  uint64_t write_deadline;  // when the connection is, or that more of what is unsent is taken; UINT64_MAX: nothing is waited for
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

void append(struct writer *writer, struct text text);
// Begins to connect. - Returns: an error-code where that is not allowed; what goes wrong from then on is the exchange's error.
uint32_t exchange_connect(struct exchange *exchange, struct text host, uint16_t port, bool is_encrypted);
// Does what can be done without waiting: connects, sends what is unsent.
void exchange_go_on(struct exchange *exchange);
// Sends it, or keeps what is not taken.
void exchange_send(struct exchange *exchange, struct text text);
// Nothing of it is left to be connected or sent.
void exchange_settle(struct exchange *exchange);
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
