// wasi:io/streams, the output-stream: a file written from an offset or at its end, standard output, standard error or a socket. Writes are done
// when they return, so that there is nothing to flush.
#include "network.h"
#include "http.h"

struct object *new_output(struct object *file, uint32_t fd, uint64_t offset, bool appends) {
  struct object *stream = new_object(KIND_OUTPUT);
  stream->stream.file = file;
  stream->stream.fd = fd;
  stream->stream.offset = offset;
  stream->stream.appends = appends;
  return stream;
}

static errno_t write_socket(struct object *stream, const struct buffer *buffer, uint32_t *count) {
  linux_errno number;
  while ((number = socket_write(stream->stream.socket, buffer->address, buffer->length, count)) == LINUX_EAGAIN)
    wait_for_socket(stream->stream.socket, NET_WRITABLE, UINT64_MAX);
  stream->stream.permitted -= *count < stream->stream.permitted ? *count : stream->stream.permitted;
  return (errno_t)number;
}

static errno_t write_once(struct object *stream, const struct buffer *buffer, uint32_t *count) {
  if (stream->stream.socket) return write_socket(stream, buffer, count);
  uint32_t fd = stream->stream.fd;
  if (!stream->stream.file) return fd_write(fd, buffer, 1, count);
  if (!stream->stream.appends) return fd_pwrite(fd, buffer, 1, stream->stream.offset, count);
  // The descriptor is shared with streams that do not append.
  errno_t number = fd_fdstat_set_flags(fd, FDFLAG_APPEND);
  if (number) return number;
  number = fd_write(fd, buffer, 1, count);
  errno_t restored = fd_fdstat_set_flags(fd, 0);
  return number ? number : restored;
}

struct result_stream write_bytes(struct object *stream, const uint8_t *bytes, uint32_t length) {
  close_if_shut(stream);
  if (stream->is_closed) return (struct result_stream){true, {true, 0}};
  if (stream->stream.body) return write_body(stream, bytes, length);
  while (length) {
    struct buffer buffer = {(void *)bytes, length};
    uint32_t count;
    errno_t number = write_once(stream, &buffer, &count);
    // A peer that wants no more has closed the stream.
    if (stream->stream.socket && (number == LINUX_EPIPE || number == LINUX_ECONNRESET)) {
      stream->is_closed = true;
      return (struct result_stream){true, {true, 0}};
    }
    if (number) return (struct result_stream){true, failure(stream, number)};
    if (count == 0) return (struct result_stream){true, failure(stream, ERRNO_INVAL)};
    stream->stream.offset += count;
    bytes += count;
    length -= count;
  }
  return (struct result_stream){0};
}

// More than was permitted is a trap, as the interface says.
static const struct result_stream *write_at_most(
    struct object *stream, const uint8_t *bytes, uint32_t length, uint32_t limit) {
  begin_call();
  static struct result_stream result;
  if (length > limit) __builtin_trap();
  result = write_bytes(stream, bytes, length);
  return &result;
}

// Of what goes to a peer with a request. Otherwise what was written has been.
static void wait_for_room(struct object *stream) {
  struct sink *sink = stream->stream.body;
  if (!stream->is_closed && sink && sink->exchange) flush_body(sink);
}

enum { BLOCKING_LIMIT = 4096 };

EXPORT("io/streams#[method]output-stream.write")
const struct result_stream *output_write(struct object *stream, const uint8_t *bytes, uint32_t length) {
  return write_at_most(stream, bytes, length, TRANSFER_LIMIT);
}

EXPORT("io/streams#[method]output-stream.blocking-write-and-flush")
const struct result_stream *output_blocking_write(struct object *stream, const uint8_t *bytes, uint32_t length) {
  const struct result_stream *result = write_at_most(stream, bytes, length, BLOCKING_LIMIT);
  wait_for_room(stream);
  return result;
}

static const struct result_stream *write_zeroes(struct object *stream, uint64_t length, uint32_t limit) {
  begin_call();
  static const uint8_t zeroes[BLOCKING_LIMIT];
  static struct result_stream result;
  if (length > limit) __builtin_trap();
  result = (struct result_stream){0};
  do {
    uint32_t part = length < sizeof zeroes ? (uint32_t)length : sizeof zeroes;
    result = write_bytes(stream, zeroes, part);
    length -= part;
  } while (length && !result.is_error);
  return &result;
}

EXPORT("io/streams#[method]output-stream.write-zeroes")
const struct result_stream *output_write_zeroes(struct object *stream, uint64_t length) {
  return write_zeroes(stream, length, TRANSFER_LIMIT);
}

EXPORT("io/streams#[method]output-stream.blocking-write-zeroes-and-flush")
const struct result_stream *output_blocking_write_zeroes(struct object *stream, uint64_t length) {
  const struct result_stream *result = write_zeroes(stream, length, BLOCKING_LIMIT);
  wait_for_room(stream);
  return result;
}

static const struct result_stream *flush(struct object *stream) {
  static struct result_stream result;
  close_if_shut(stream);
  result = (struct result_stream){stream->is_closed, {stream->is_closed, 0}};
  return &result;
}

EXPORT("io/streams#[method]output-stream.flush") const struct result_stream *output_flush(struct object *stream) {
  return flush(stream);
}

EXPORT("io/streams#[method]output-stream.blocking-flush") const struct result_stream *output_blocking_flush(struct object *stream) {
  begin_call();
  if (!stream->is_closed && stream->stream.body) flush_body(stream->stream.body);
  return flush(stream);
}

EXPORT("io/streams#[method]output-stream.subscribe") uint32_t output_subscribe(struct object *stream) {
  close_if_shut(stream);
  struct sink *sink = stream->stream.body;
  if (sink && sink->is_of_request && !stream->is_closed) return new_pollable(pollable_sink(sink));
  bool waits = stream->stream.socket && !stream->is_closed;
  return new_pollable(waits ? pollable_socket(stream->stream.socket, NET_WRITABLE) : pollable_ready());
}
