// wasi:io/streams, the input-stream: a file read from an offset, standard input, or a socket.
#include "network.h"
#include "http.h"

struct object *new_input(struct object *file, uint32_t fd, uint64_t offset) {
  struct object *stream = new_object(KIND_INPUT);
  stream->stream.file = file;
  stream->stream.fd = fd;
  stream->stream.offset = offset;
  return stream;
}

struct stream_error failure(struct object *stream, errno_t number) {
  stream->is_closed = true;
  struct object *error = new_object(KIND_ERROR);
  error->error.number = number;
  error->error.is_of_files = stream->stream.file != 0;
  error->error.is_of_network = stream->stream.socket != 0;
  return (struct stream_error){false, new_error(error)};
}

// result<list<u8>, stream-error>
struct result_bytes {
  uint8_t is_error;
  union {
    struct list bytes;
    struct stream_error error;
  };
};
// result<u64, stream-error>
struct result_count {
  uint8_t is_error;
  union {
    uint64_t count;
    struct stream_error error;
  };
};

static const struct result_stream closed = {true, {true, 0}};

static errno_t read_socket(struct object *socket, uint8_t *bytes, uint32_t wanted, bool blocks, uint32_t *count) {
  linux_errno number;
  while ((number = socket_read(socket, bytes, wanted, count)) == LINUX_EAGAIN && blocks) wait_for_socket(socket, NET_READABLE, UINT64_MAX);
  return (errno_t)number;
}

// Leaves bytes where they are put. - Returns: an error, or how many; 0 when none was wanted or there is none yet.
static struct result_stream read(struct object *stream, uint8_t *bytes, uint32_t wanted, bool blocks, uint32_t *count) {
  *count = 0;
  close_if_shut(stream);
  if (stream->is_closed) return closed;
  if (wanted == 0) return (struct result_stream){0};
  if (stream->stream.socket) {
    errno_t number = read_socket(stream->stream.socket, bytes, wanted, blocks, count);
    if (number == LINUX_EAGAIN) return (struct result_stream){0};
    if (number) return (struct result_stream){true, failure(stream, number)};
    stream->is_closed = *count == 0;
    return *count ? (struct result_stream){0} : closed;
  }
  if (stream->stream.body) return read_body(stream, bytes, wanted, blocks, count);
  if (!stream->stream.file && !blocks && !input_is_ready()) return (struct result_stream){0};
  struct buffer buffer = {bytes, wanted};
  errno_t number = stream->stream.file ? fd_pread(stream->stream.fd, &buffer, 1, stream->stream.offset, count)
                                       : fd_read(stream->stream.fd, &buffer, 1, count);
  if (number) return (struct result_stream){true, failure(stream, number)};
  if (*count == 0) {
    stream->is_closed = true;
    return closed;
  }
  stream->stream.offset += *count;
  return (struct result_stream){0};
}

// How much a call is to make room for.
static uint32_t limited(struct object *stream, uint64_t length, bool blocks) {
  uint32_t wanted = length < TRANSFER_LIMIT ? (uint32_t)length : TRANSFER_LIMIT;
  return stream->stream.body && !stream->is_closed && wanted ? body_room(stream->stream.body, wanted, blocks) : wanted;
}

static const struct result_bytes *read_list(struct object *stream, uint64_t length, bool blocks) {
  begin_call();
  static struct result_bytes result;
  uint32_t wanted = limited(stream, length, blocks), count;
  uint8_t *bytes = allocate(wanted);
  struct result_stream outcome = read(stream, bytes, wanted, blocks, &count);
  result.is_error = outcome.is_error;
  if (outcome.is_error) result.error = outcome.error;
  else result.bytes = (struct list){bytes, count};
  return &result;
}

static const struct result_count *skip_bytes(struct object *stream, uint64_t length, bool blocks) {
  begin_call();
  static struct result_count result;
  uint32_t wanted = limited(stream, length, blocks), count;
  struct result_stream outcome = read(stream, allocate(wanted), wanted, blocks, &count);
  result.is_error = outcome.is_error;
  if (outcome.is_error) result.error = outcome.error;
  else result.count = count;
  return &result;
}

EXPORT("io/streams#[method]input-stream.read") const struct result_bytes *input_read(struct object *stream, uint64_t length) {
  return read_list(stream, length, false);
}

EXPORT("io/streams#[method]input-stream.blocking-read")
const struct result_bytes *input_blocking_read(struct object *stream, uint64_t length) {
  return read_list(stream, length, true);
}

EXPORT("io/streams#[method]input-stream.skip") const struct result_count *input_skip(struct object *stream, uint64_t length) {
  return skip_bytes(stream, length, false);
}

EXPORT("io/streams#[method]input-stream.blocking-skip")
const struct result_count *input_blocking_skip(struct object *stream, uint64_t length) {
  return skip_bytes(stream, length, true);
}

EXPORT("io/streams#[method]input-stream.subscribe") uint32_t input_subscribe(struct object *stream) {
  close_if_shut(stream);
  if (stream->stream.socket && !stream->is_closed) return new_pollable(pollable_socket(stream->stream.socket, NET_READABLE));
  struct source *source = stream->stream.body;
  if (source && !stream->is_closed) return new_pollable(pollable_source(POLL_BODY, source));
  return new_pollable(stream->stream.file || stream->is_closed ? pollable_ready() : pollable_input());
}

// MARK: From one stream to another

enum { SOCKET_PERMIT = 65536 };

struct result_stream write_bytes(struct object *stream, const uint8_t *bytes, uint32_t length);

// A socket that can be written has more room than SOCKET_PERMIT, but for one whose buffer was made tiny: there a write waits. Nobody else writes to it, so
// that what was not used of it is there still; it is asked for anew when little is left.
static uint32_t socket_permits(struct object *stream) {
  if (stream->stream.permitted < SOCKET_PERMIT / 4) stream->stream.permitted = wait_for_socket(stream->stream.socket, NET_WRITABLE, 0) ? SOCKET_PERMIT : 0;
  return stream->stream.permitted;
}

static uint64_t permits(struct object *stream) {
  if (stream->stream.socket) return socket_permits(stream);
  return stream->stream.body ? body_permits(stream->stream.body) : TRANSFER_LIMIT;
}

static void wait_for_permit(struct object *stream) {
  if (stream->stream.socket) wait_for_socket(stream->stream.socket, NET_WRITABLE, UINT64_MAX);
  else wait_for_sink(stream->stream.body);
}

// No more is taken from the one than may be written to the other.
static const struct result_count *splice(struct object *output, struct object *input, uint64_t length, bool blocks) {
  begin_call();
  static struct result_count result;
  close_if_shut(output);
  uint64_t permitted = output->is_closed || length == 0 ? 0 : permits(output);
  if (blocks && permitted == 0 && length && !output->is_closed) {
    wait_for_permit(output);
    permitted = permits(output);
    // Writing says why there is no room.
    if (!permitted) permitted = 1;
  }
  uint32_t wanted = limited(input, length < permitted ? length : permitted, blocks), count = 0;
  uint8_t *bytes = allocate(wanted);
  struct result_stream outcome = output->is_closed ? closed : read(input, bytes, wanted, blocks, &count);
  if (!outcome.is_error) outcome = write_bytes(output, bytes, count);
  result.is_error = outcome.is_error;
  if (outcome.is_error) result.error = outcome.error;
  else result.count = count;
  return &result;
}

EXPORT("io/streams#[method]output-stream.splice")
const struct result_count *output_splice(struct object *stream, struct object *source, uint64_t length) {
  return splice(stream, source, length, false);
}

EXPORT("io/streams#[method]output-stream.blocking-splice")
const struct result_count *output_blocking_splice(struct object *stream, struct object *source, uint64_t length) {
  return splice(stream, source, length, true);
}

EXPORT("io/streams#[method]output-stream.check-write") const struct result_count *output_check_write(struct object *stream) {
  static struct result_count result;
  close_if_shut(stream);
  result = (struct result_count){stream->is_closed, {.count = stream->is_closed ? 0 : permits(stream)}};
  if (stream->is_closed) result.error = closed.error;
  return &result;
}
