// How a request comes from the node and its answer goes there, on the standard streams: frames of a kind, a length and as many bytes. A head
// is what a request or an answer begins with and its fields; data is the body; the end has the trailers. Sources/Gateway/Functions has the
// other side (ComponentFrames.swift).
#include "http.h"

bool is_serving;

enum { HEAD_LIMIT = 1 << 20 };

// MARK: Reading

static void read_all(uint8_t *bytes, uint32_t length) {
  while (length) {
    struct buffer buffer = {bytes, length};
    uint32_t count;
    if (fd_read(0, &buffer, 1, &count) || count == 0) __builtin_trap();
    bytes += count;
    length -= count;
  }
}

// What is left of a frame.
struct cursor {
  const uint8_t *bytes;
  uint32_t left;
  void *frame;
};

static uint32_t read_number(struct cursor *cursor) {
  uint32_t number;
  if (cursor->left < sizeof number) __builtin_trap();
  __builtin_memcpy(&number, cursor->bytes, sizeof number);
  cursor->bytes += sizeof number;
  cursor->left -= sizeof number;
  return number;
}

// Names, paths and so on become strings; a component must not be given others.
static struct text read_text(struct cursor *cursor, bool is_string) {
  struct text text = {0, read_number(cursor)};
  if (text.length > cursor->left) __builtin_trap();
  text.bytes = cursor->bytes;
  cursor->bytes += text.length;
  cursor->left -= text.length;
  if (is_string && !is_utf8(text.bytes, text.length)) __builtin_trap();
  return text;
}

static struct fields *read_fields(struct cursor *cursor) {
  struct fields *fields = new_fields_list();
  fields->frame = cursor->frame;
  for (uint32_t count = read_number(cursor); count; count--) {
    struct text name = read_text(cursor, true);
    add_field(fields, name, read_text(cursor, false), 0);
  }
  if (cursor->left) __builtin_trap();
  return fields;
}

static struct cursor read_frame(uint32_t length) {
  if (length > HEAD_LIMIT) __builtin_trap();
  uint8_t *bytes = keep(length);
  read_all(bytes, length);
  return (struct cursor){bytes, length, bytes};
}

struct fields *read_trailers(uint32_t length) {
  struct cursor cursor = read_frame(length);
  return read_fields(&cursor);
}

// MARK: Writing

// A machine that runs out of room, or a caller that has gone: nobody hears of it.
static void write_all(struct buffer *buffers, uint32_t count) {
  while (count) {
    uint32_t written;
    if (fd_write(1, buffers, count, &written) || written == 0) __builtin_trap();
    while (count && written >= buffers->length) {
      written -= buffers->length;
      buffers++;
      count--;
    }
    if (count) {
      buffers->address = (uint8_t *)buffers->address + written;
      buffers->length -= written;
    }
  }
}

void send_frame(uint8_t kind, const void *bytes, uint32_t length) {
  uint8_t header[5] = {kind};
  __builtin_memcpy(header + 1, &length, sizeof length);
  struct buffer buffers[2] = {{header, sizeof header}, {(void *)bytes, length}};
  write_all(buffers, length ? 2 : 1);
}

static uint8_t *write_number(uint8_t *place, uint32_t number) {
  __builtin_memcpy(place, &number, sizeof number);
  return place + sizeof number;
}

static uint8_t *write_text(uint8_t *place, struct text text) {
  place = write_number(place, text.length);
  if (text.length) __builtin_memcpy(place, text.bytes, text.length);
  return place + text.length;
}

void send_fields(uint8_t kind, const void *start, uint32_t length, const struct fields *fields) {
  uint64_t size = (uint64_t)length + 4;
  uint32_t count = 0;
  for (uint32_t index = 0; fields && index < fields->count; index++) {
    if (is_forbidden(fields->list[index].name)) continue;
    size += 8ull + fields->list[index].name.length + fields->list[index].value.length;
    count++;
  }
  if (size > UINT32_MAX) __builtin_trap();
  uint8_t *bytes = keep(size), *place = bytes;
  if (length) __builtin_memcpy(place, start, length);
  place = write_number(place + length, count);
  for (uint32_t index = 0; fields && index < fields->count; index++) {
    if (is_forbidden(fields->list[index].name)) continue;
    place = write_text(write_text(place, fields->list[index].name), fields->list[index].value);
  }
  send_frame(kind, bytes, (uint32_t)size);
  give_back(bytes);
}

// MARK: For the driver

// The one that is being answered, or was last.
static struct request *current;

void release_request(struct request *request) {
  if (--request->references) return;
  release_fields(request->headers);
  release_fields(request->body.trailers);
  give_back(request);
}

bool request_is_head(void) { return current && is_exactly(current->method, "HEAD"); }

EXPORT("node/requests#request") uint32_t node_request(void) {
  // An instance that is reused answers one after another. What the program still holds of the one before has come to its end.
  if (!begin_answer()) __builtin_trap();
  if (current) {
    current->body.has_ended = true;
    release_request(current);
    current = 0;
  }
  uint8_t header[5];
  read_all(header, sizeof header);
  if (header[0] != FRAME_HEAD) __builtin_trap();
  uint32_t length;
  __builtin_memcpy(&length, header + 1, sizeof length);
  struct cursor cursor = read_frame(length);
  struct request *request = keep(sizeof *request);
  // Of the object below, and of the answer, which depends on the method.
  *request = (struct request){.references = 2, .body.request = request};
  request->method = read_text(&cursor, true);
  request->path = read_text(&cursor, true);
  request->authority = read_text(&cursor, true);
  request->headers = read_fields(&cursor);
  current = request;
  is_serving = true;
  struct object *object = new_object(KIND_INCOMING_REQUEST);
  object->http = request;
  return new_incoming_request(object);
}
