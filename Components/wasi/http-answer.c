// The answer to a request: what a peer sends is hostile, and what may mean two things is refused (RFC 9112).
#include "http-exchange.h"

// More bytes. - Returns: false where none are there yet; true also at the peer's end, and after an error.
static bool fill(struct exchange *exchange) {
  if (!exchange->bytes) exchange->bytes = keep(BUFFER_SIZE);
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
      if (monotonic_now() < exchange->deadline) return false;
      exchange_fail(exchange, exchange->has_begun ? HTTP_CONNECTION_READ_TIMEOUT : HTTP_RESPONSE_TIMEOUT);
      continue;
    }
    if (number) exchange_fail(exchange, HTTP_CONNECTION_TERMINATED);
    else if (count == 0) exchange->peer_has_ended = true;
    exchange->last += count;
    exchange->has_begun = true;
    // The head has one time for all of it: who sends a byte now and then gains none.
    if (exchange->has_head) exchange->deadline = time_after(exchange->times[BETWEEN_BYTES_TIME]);
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
    exchange_fail(exchange, HTTP_RESPONSE_HEADER_SECTION_SIZE);
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
  // What is no class of RFC 9110 is the program's to judge.
  return *status >= 100;
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

bool exchange_read_head(struct exchange *exchange) {
  // Who waits for the answer before the body's end may mean to go on with the body.
  exchange_let_go(exchange, true);
  exchange_go_on(exchange);
  while (!exchange->error && !exchange->has_head) {
    if (exchange->state != CONNECTED) return false;
    struct text line;
    if (!take_line(exchange, &line)) {
      if (exchange->last - exchange->first >= BUFFER_SIZE) exchange_fail(exchange, HTTP_RESPONSE_HEADER_SECTION_SIZE);
      else if (exchange->peer_has_ended) exchange_fail(exchange, HTTP_RESPONSE_INCOMPLETE);
      else if (!fill(exchange)) return false;
      continue;
    }
    if (!exchange->headers) {
      if (!read_status(line, &exchange->status)) exchange_fail(exchange, HTTP_PROTOCOL_ERROR);
      else if (line.length > exchange->section_left) exchange_fail(exchange, HTTP_RESPONSE_HEADER_SECTION_SIZE);
      else {
        exchange->section_left -= line.length;
        exchange->headers = new_fields_list();
      }
    } else if (line.length == 0 && exchange->status < 200) {
      // An informational answer: the one that is meant follows. There is no 101, since nothing was asked to change.
      release_fields(exchange->headers);
      exchange->headers = 0;
      if (exchange->status == 101) exchange_fail(exchange, HTTP_PROTOCOL_ERROR);
    } else if (line.length == 0) {
      if (!read_framing(exchange)) {
        exchange_fail(exchange, HTTP_PROTOCOL_ERROR);
      } else {
        remove_forbidden(exchange->headers);
        exchange->has_head = true;
        exchange->deadline = time_after(exchange->times[BETWEEN_BYTES_TIME]);
      }
    } else if (!add_line(exchange, exchange->headers, line)) {
      exchange_fail(exchange, HTTP_PROTOCOL_ERROR);
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

bool exchange_advance(struct exchange *exchange) {
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
        else exchange_fail(exchange, HTTP_RESPONSE_INCOMPLETE);
      } else if (!is_data && exchange->last - exchange->first >= BUFFER_SIZE) {
        exchange_fail(exchange, exchange->body == BODY_TRAILERS ? HTTP_RESPONSE_HEADER_SECTION_SIZE : HTTP_PROTOCOL_ERROR);
      } else if (!fill(exchange)) {
        return false;
      }
      continue;
    }
    if (exchange->body == BODY_CHUNK_END) {
      if (line.length) exchange_fail(exchange, HTTP_PROTOCOL_ERROR);
      exchange->body = BODY_CHUNK_HEAD;
    } else if (exchange->body == BODY_CHUNK_HEAD) {
      if (line.length > LINE_LIMIT || !read_size(line, &exchange->left)) exchange_fail(exchange, HTTP_PROTOCOL_ERROR);
      exchange->body = exchange->left ? BODY_CHUNK : BODY_TRAILERS;
      if (!exchange->left) {
        source->trailers = new_fields_list();
        exchange->section_left = HEAD_LIMIT;
      }
    } else if (line.length == 0) {
      remove_forbidden(source->trailers);
      source->has_ended = true;
    } else if (!add_line(exchange, source->trailers, line)) {
      exchange_fail(exchange, HTTP_PROTOCOL_ERROR);
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

static struct awaited awaits(struct exchange *exchange, bool is_there) {
  if (is_there) return (struct awaited){.is_ready = true};
  return (struct awaited){.socket = exchange->socket, .events = NET_READABLE, .deadline = exchange->deadline};
}

struct awaited exchange_awaits_head(struct exchange *exchange) {
  bool is_there = exchange_read_head(exchange);
  return exchange->state == CONNECTED ? awaits(exchange, is_there) : exchange_awaits_turn(exchange);
}

// Half of a line is nothing to be read.
struct awaited exchange_awaits_body(struct exchange *exchange) { return awaits(exchange, exchange_advance(exchange)); }
