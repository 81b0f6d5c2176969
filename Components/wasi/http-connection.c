// What an exchange has to do while the program does something else: its connection, and what has been written and not been taken. It goes on whenever the
// program waits for anything by polling, so that requests made side by side connect side by side, and nothing that must not block waits for a peer.
#include "http-exchange.h"

// The host has so many threads that connect for one trustlet; further requests wait for their turn, so many of them.
enum { TURN_LIMIT = 1024 };

// In the order in which they began, each for as long as it is busy.
static struct exchange *first_busy, *last_busy;
static uint32_t connecting_count, turn_count;
// How many were connecting when the host took no more.
static uint32_t refused_count;

static bool is_busy(const struct exchange *exchange) {
  return !exchange->error && !exchange->takes_no_more && (exchange->state != CONNECTED || exchange->unsent.length);
}

static void leave(struct exchange *exchange) {
  if (exchange->previous_busy) exchange->previous_busy->next_busy = exchange->next_busy;
  else if (first_busy == exchange) first_busy = exchange->next_busy;
  else return;
  if (exchange->next_busy) exchange->next_busy->previous_busy = exchange->previous_busy;
  else last_busy = exchange->previous_busy;
  exchange->next_busy = exchange->previous_busy = 0;
}

static void enter(struct exchange *exchange) {
  if (exchange->previous_busy || first_busy == exchange) return;
  exchange->previous_busy = last_busy;
  if (last_busy) last_busy->next_busy = exchange;
  else first_busy = exchange;
  last_busy = exchange;
}

static void set_state(struct exchange *exchange, enum exchange_state state) {
  connecting_count += (state == CONNECTING) - (exchange->state == CONNECTING);
  turn_count += (state == AWAITING_TURN) - (exchange->state == AWAITING_TURN);
  exchange->state = state;
}

void exchange_settle(struct exchange *exchange) {
  set_state(exchange, CONNECTED);
  leave(exchange);
  give_back(exchange->unsent.bytes);
  give_back((void *)exchange->host.bytes);
  exchange->unsent = (struct writer){0};
  exchange->host = (struct text){0, 0};
}

// MARK: Connecting

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

// - Returns: EMFILE where it has to wait for its turn, if there will be one.
static linux_errno begin(struct exchange *exchange) {
  struct text host = exchange->host;
  linux_errno number = begin_connect_by_name(host.bytes, host.length, exchange->port, exchange->is_encrypted, &exchange->socket);
  if (number) {
    refused_count = connecting_count;
    return number;
  }
  set_state(exchange, CONNECTING);
  return 0;
}

uint32_t exchange_connect(struct exchange *exchange, struct text host, uint16_t port, bool is_encrypted) {
  exchange->host = (struct text){keep_copy(host.bytes, host.length), host.length};
  exchange->port = port;
  exchange->is_encrypted = is_encrypted;
  exchange->write_deadline = time_after(exchange->times[CONNECT_TIME]);
  linux_errno number = begin(exchange);
  if (number == LINUX_EMFILE && connecting_count && turn_count < TURN_LIMIT) {
    set_state(exchange, AWAITING_TURN);
  } else if (number == LINUX_EACCES || number == LINUX_EMFILE) {
    // What is not allowed is said at once.
    return code_of(number);
  } else if (number) {
    exchange_fail(exchange, code_of(number));
    return 0;
  }
  enter(exchange);
  return 0;
}

// - Returns: whether there is a connection.
static bool go_on_connecting(struct exchange *exchange) {
  linux_errno number = LINUX_EAGAIN;
  if (exchange->state == AWAITING_TURN && (connecting_count < refused_count || !connecting_count)) {
    number = begin(exchange);
    // Others will be done before it.
    if (!number || (number == LINUX_EMFILE && connecting_count)) number = LINUX_EAGAIN;
  } else if (exchange->state == CONNECTING) {
    number = socket_connected(exchange->socket);
  }
  if (number == LINUX_EAGAIN) {
    if (monotonic_now() >= exchange->write_deadline) exchange_fail(exchange, HTTP_CONNECTION_TIMEOUT);
    return false;
  }
  if (number) {
    exchange_fail(exchange, code_of(number));
    return false;
  }
  set_state(exchange, CONNECTED);
  exchange->write_deadline = UINT64_MAX;
  exchange->deadline = time_after(exchange->times[FIRST_BYTE_TIME]);
  return true;
}

// MARK: Sending

// - Returns: how much was taken; all of it unless the socket has no more room, or there is nobody to take it.
static uint64_t send_now(struct exchange *exchange, const uint8_t *bytes, uint64_t length) {
  uint64_t sent = 0;
  while (sent < length) {
    uint32_t count = 0, part = length - sent < TRANSFER_LIMIT ? (uint32_t)(length - sent) : TRANSFER_LIMIT;
    linux_errno number = socket_write(exchange->socket, bytes + sent, part, &count);
    if (number == LINUX_EAGAIN) {
      if (exchange->write_deadline == UINT64_MAX) exchange->write_deadline = time_after(exchange->times[BETWEEN_BYTES_TIME]);
      break;
    }
    if (number) {
      // Who does not want a request to its end may have said why: that is still to be read.
      exchange->takes_no_more = true;
      if (exchange->sink) exchange->sink->is_broken = true;
      break;
    }
    if (count) exchange->write_deadline = UINT64_MAX;
    sent += count;
  }
  if (sent && !exchange->has_head) exchange->deadline = time_after(exchange->times[FIRST_BYTE_TIME]);
  return sent;
}

void exchange_send(struct exchange *exchange, struct text text) {
  if (exchange->error || exchange->takes_no_more || exchange->is_given_up) return;
  uint64_t sent = is_busy(exchange) ? 0 : send_now(exchange, text.bytes, text.length);
  if (sent == text.length || exchange->takes_no_more) return;
  append(&exchange->unsent, (struct text){text.bytes + sent, text.length - (uint32_t)sent});
  enter(exchange);
}

void exchange_go_on(struct exchange *exchange) {
  if (exchange->error || exchange->takes_no_more) return;
  if (exchange->state != CONNECTED && !go_on_connecting(exchange)) return;
  struct writer *unsent = &exchange->unsent;
  uint64_t left = unsent->length - exchange->sent;
  if (left) {
    exchange->sent += send_now(exchange, unsent->bytes + exchange->sent, left);
    if (exchange->sent < unsent->length && !exchange->takes_no_more) {
      if (monotonic_now() >= exchange->write_deadline) exchange_fail(exchange, HTTP_CONNECTION_WRITE_TIMEOUT);
      return;
    }
  }
  exchange->sent = 0;
  exchange_settle(exchange);
  if (!exchange->is_given_up || exchange->takes_no_more) return;
  exchange->takes_no_more = true;
  socket_finish_writing(exchange->socket);
}

void exchange_give_up_body(struct exchange *exchange) {
  exchange->is_given_up = true;
  exchange_go_on(exchange);
}

uint64_t exchange_permits(struct exchange *exchange) {
  if (is_busy(exchange)) exchange_go_on(exchange);
  if (!is_busy(exchange)) return WRITE_PERMIT;
  // As before it was sent at all.
  if (exchange->state != CONNECTED && exchange->unsent.length < WAITING_LIMIT) return WAITING_LIMIT - exchange->unsent.length;
  return 0;
}

// MARK: Polling

struct exchange *next_busy(const struct exchange *before) { return before ? before->next_busy : first_busy; }
uint32_t busy_count(void) {
  uint32_t count = 0;
  for (const struct exchange *exchange = first_busy; exchange; exchange = exchange->next_busy) count++;
  return count;
}

struct awaited exchange_awaits_turn(const struct exchange *exchange) {
  return (struct awaited){.socket = exchange->socket, .events = NET_WRITABLE, .deadline = exchange->write_deadline};
}

struct awaited exchange_awaits_room(struct exchange *exchange) {
  if (exchange_permits(exchange)) return (struct awaited){.is_ready = true};
  return exchange_awaits_turn(exchange);
}
