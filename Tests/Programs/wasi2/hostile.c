// Does what no program should: which, says the second argument. Each must end the program by a trap; if not, it says so and goes on.
#include "client.h"

IMPORT("cli/stdin", "get-stdin") handle get_stdin(void);
IMPORT("io/poll", "poll") void poll(const handle *pollables, uint32_t count, struct list *result);
IMPORT("io/streams", "[method]output-stream.write") void stream_write(handle stream, const void *bytes, uint32_t length, void *result);
IMPORT("io/streams", "[method]output-stream.write-zeroes") void zeroes(handle stream, uint64_t length, void *result);
IMPORT("io/streams", "[resource-drop]input-stream") void drop_input(handle stream);
IMPORT("io/streams", "[resource-drop]output-stream") void drop_output(handle stream);
IMPORT("io/streams", "[method]input-stream.subscribe") handle subscribe(handle stream);
IMPORT("random/random", "get-random-bytes") void random_bytes(uint64_t length, struct list *result);
IMPORT("filesystem/preopens", "get-directories") void get_directories(struct list *result);
IMPORT("filesystem/types", "[method]descriptor.create-directory-at")
void create_directory(handle directory, const void *path, uint32_t length, void *result);
IMPORT("filesystem/types", "[method]descriptor.open-at")
void open_at(handle directory, uint32_t follow, const char *path, uint32_t length, uint32_t how, uint32_t flags, void *result);

static bool is(const char *wanted) {
  static struct list arguments;
  if (!arguments.elements) get_arguments(&arguments);
  if (arguments.count < 2) return false;
  const struct list *argument = (const struct list *)arguments.elements + 1;
  if (argument->count != length_of(wanted)) return false;
  for (uint32_t place = 0; place < argument->count; place++)
    if (argument->elements[place] != (uint8_t)wanted[place]) return false;
  return true;
}

static uint64_t result[16];
static uint8_t bytes[2 << 20];

RUN uint32_t run(void) {
  struct list list;
  handle out = get_stdout(), in = get_stdin();
  get_directories(&list);
  handle directory = list.count ? *(const handle *)list.elements : 0;
  handle wrong = in;
  if (is("poll-of-nothing")) poll(&in, 0, &list);
  if (is("more-than-permitted")) stream_write(out, bytes, sizeof bytes, result);
  if (is("more-zeroes-than-permitted")) zeroes(out, 1ull << 40, result);
  if (is("more-than-blocking")) write_and_flush(out, bytes, 4097, (struct stream_result *)result);
  if (is("endless-list")) stream_write(out, bytes, UINT32_MAX, result);
  if (is("list-beyond-the-end")) stream_write(out, (void *)(__builtin_wasm_memory_size(0) << 16), 1, result);
  if (is("list-around-the-end")) stream_write(out, (void *)0xFFFFFFF0u, 0x20, result);
  if (is("many-pollables")) poll(&in, 0x7FFFFFFF, &list);
  if (is("misaligned-list")) poll((const handle *)(bytes + 1), 1, &list);
  if (is("misaligned-result")) poll(&in, 1, (struct list *)(bytes + 1));
  if (is("not-utf-8")) create_directory(directory, "\xC0\x80", 2, result);
  if (is("unknown-handle")) stream_write(12345, bytes, 1, result);
  if (is("no-handle")) stream_write(0, bytes, 1, result);
  if (is("handle-of-another-kind")) stream_write(wrong, bytes, 1, result);
  if (is("dropped-handle")) {
    drop_output(out);
    stream_write(out, bytes, 1, result);
  }
  if (is("dropped-twice")) {
    drop_input(in);
    drop_input(in);
  }
  if (is("flags-that-are-none")) open_at(directory, 0xFFFFFFFF, "x", 1, 0xFFFFFFFF, 0xFFFFFFFF, result);
  if (is("endless-randomness")) random_bytes(UINT64_MAX, &list);
  if (is("too-many-objects"))
    for (;;) subscribe(in);
  output = 0;
  print("not stopped\n");
  return 0;
}
