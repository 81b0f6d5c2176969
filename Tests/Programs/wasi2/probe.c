// Uses nearly every function of WASI 0.2 but those of the network, in the directory "/data" that it is given to write. What it says is
// the same on every run and under every host.
#include "client.h"

// MARK: Imports

struct pair { struct list name, value; };
IMPORT("cli/environment", "get-environment") void get_environment(struct list *result);
IMPORT("cli/stdin", "get-stdin") handle get_stdin(void);
IMPORT("cli/terminal-stdout", "get-terminal-stdout") void get_terminal_stdout(uint8_t *result);
IMPORT("clocks/monotonic-clock", "now") uint64_t now(void);
IMPORT("clocks/monotonic-clock", "resolution") uint64_t resolution(void);
IMPORT("clocks/monotonic-clock", "subscribe-duration") handle subscribe_duration(uint64_t nanoseconds);
IMPORT("clocks/monotonic-clock", "subscribe-instant") handle subscribe_instant(uint64_t nanoseconds);
struct datetime { uint64_t seconds; uint32_t nanoseconds; };
IMPORT("clocks/wall-clock", "now") void wall_now(struct datetime *result);
IMPORT("random/random", "get-random-bytes") void random_bytes(uint64_t length, struct list *result);
IMPORT("random/random", "get-random-u64") uint64_t random_word(void);
IMPORT("random/insecure", "get-insecure-random-u64") uint64_t insecure_word(void);
IMPORT("random/insecure-seed", "insecure-seed") void insecure_seed(uint64_t *result);
IMPORT("io/poll", "poll") void poll(const handle *pollables, uint32_t count, struct list *result);
IMPORT("io/poll", "[method]pollable.ready") uint32_t ready(handle pollable);
IMPORT("io/poll", "[method]pollable.block") void block(handle pollable);
IMPORT("io/poll", "[resource-drop]pollable") void drop_pollable(handle pollable);

struct result { uint8_t is_error; union { uint32_t handle; uint8_t code; }; };
struct small { uint8_t is_error; uint8_t code; };
struct bytes { uint8_t is_error; union { struct list bytes; struct { uint8_t is_closed; uint32_t error; }; uint8_t code; }; uint8_t is_at_end; };
struct count { uint8_t is_error; union { uint64_t count; uint8_t is_closed; }; };
struct done { uint8_t is_error; uint8_t is_closed; uint32_t error; uint32_t room; };
IMPORT("io/streams", "[method]input-stream.read") void stream_read(handle stream, uint64_t length, struct bytes *result);
IMPORT("io/streams", "[method]input-stream.blocking-read") void blocking_read(handle stream, uint64_t length, struct bytes *result);
IMPORT("io/streams", "[method]input-stream.blocking-skip") void skip(handle stream, uint64_t length, struct count *result);
IMPORT("io/streams", "[method]input-stream.subscribe") handle input_subscribe(handle stream);
IMPORT("io/streams", "[resource-drop]input-stream") void drop_input(handle stream);
IMPORT("io/streams", "[method]output-stream.check-write") void check_write(handle stream, struct count *result);
IMPORT("io/streams", "[method]output-stream.write") void stream_write(handle stream, const void *bytes, uint32_t length, struct done *result);
IMPORT("io/streams", "[method]output-stream.blocking-flush") void flush(handle stream, struct done *result);
IMPORT("io/streams", "[method]output-stream.blocking-write-zeroes-and-flush") void zeroes(handle stream, uint64_t length, struct done *result);
IMPORT("io/streams", "[method]output-stream.blocking-splice") void splice(handle stream, handle source, uint64_t length, struct count *result);
IMPORT("io/streams", "[method]output-stream.subscribe") handle output_subscribe(handle stream);
IMPORT("io/streams", "[resource-drop]output-stream") void drop_output(handle stream);

#define FILES(name) IMPORT("filesystem/types", "[method]descriptor." name)
struct given { handle directory; struct list path; };
IMPORT("filesystem/preopens", "get-directories") void get_directories(struct list *result);
FILES("open-at") void open_at(handle directory, uint32_t follow, const char *path, uint32_t length, uint32_t how, uint32_t flags,
                            struct result *result);
FILES("read") void file_read(handle file, uint64_t length, uint64_t offset, struct bytes *result);
FILES("write") void file_write(handle file, const char *bytes, uint32_t length, uint64_t offset, struct count *result);
FILES("read-via-stream") void read_via_stream(handle file, uint64_t offset, struct result *result);
FILES("write-via-stream") void write_via_stream(handle file, uint64_t offset, struct result *result);
FILES("append-via-stream") void append_via_stream(handle file, struct result *result);
FILES("get-type") void get_type(handle file, struct small *result);
FILES("get-flags") void get_flags(handle file, struct small *result);
FILES("set-size") void set_size(handle file, uint64_t size, struct small *result);
FILES("sync") void file_sync(handle file, struct small *result);
FILES("advise") void advise(handle file, uint64_t offset, uint64_t length, uint32_t advice, struct small *result);
FILES("set-times") void set_times(handle file, uint32_t a, uint64_t as, uint32_t an, uint32_t m, uint64_t ms, uint32_t mn, struct small *result)
    ;
struct moment { uint8_t is_some; struct datetime time; };
struct stat { uint8_t is_error; union { struct { uint8_t type; uint64_t links, size; struct moment accessed, modified, changed; }; uint8_t code; }; };
FILES("stat") void file_stat(handle file, struct stat *result);
FILES("stat-at") void stat_at(handle directory, uint32_t follow, const char *path, uint32_t length, struct stat *result);
FILES("read-directory") void read_directory(handle directory, struct result *result);
FILES("create-directory-at") void create_directory(handle directory, const char *path, uint32_t length, struct small *result);
FILES("remove-directory-at") void remove_directory(handle directory, const char *path, uint32_t length, struct small *result);
FILES("unlink-file-at") void unlink_file(handle directory, const char *path, uint32_t length, struct small *result);
FILES("rename-at") void rename_at(handle directory, const char *path, uint32_t length,
    handle target, const char *to, uint32_t to_length, struct small *result);
FILES("symlink-at") void symlink_at(handle directory, const char *target, uint32_t target_length,
    const char *path, uint32_t length, struct small *result);
FILES("link-at") void link_at(handle directory, uint32_t follow, const char *path, uint32_t length,
    handle target, const char *to, uint32_t to_length, struct small *result);
FILES("readlink-at") void readlink_at(handle directory, const char *path, uint32_t length, struct bytes *result);
FILES("is-same-object") uint32_t is_same(handle file, handle other);
struct hash { uint8_t is_error; uint64_t halves[2]; };
FILES("metadata-hash") void metadata_hash(handle file, struct hash *result);
FILES("metadata-hash-at") void metadata_hash_at(handle directory, uint32_t follow, const char *path, uint32_t length, struct hash *result);
IMPORT("filesystem/types", "[resource-drop]descriptor") void drop_descriptor(handle file);
struct raw_entry { uint8_t is_error; uint8_t pad[3]; uint8_t is_some; uint8_t pad2[3]; uint8_t type; uint8_t pad3[3]; struct list name; };
IMPORT("filesystem/types", "[method]directory-entry-stream.read-directory-entry") void read_entry(handle stream, struct raw_entry *result);
IMPORT("filesystem/types", "[resource-drop]directory-entry-stream") void drop_entries(handle stream);

#define P(text) text, sizeof text - 1
enum { CREATE = 1, DIRECTORY = 2, EXCLUSIVE = 4, TRUNCATE = 8 };
enum { READ = 1, WRITE = 2 };

// MARK: What it does

static void expect(const char *what, const struct small *result) {
  print(what);
  if (result->is_error) say(" error", result->code);
  else print(" done\n");
}

static void describe_start(void) {
  struct list list;
  get_arguments(&list);
  for (uint32_t index = 1; index < list.count; index++) {
    const struct list *text = (const struct list *)list.elements + index;
    print("argument ");
    print_bytes(text->elements, text->count);
    print("\n");
  }
  get_environment(&list);
  for (uint32_t index = 0; index < list.count; index++) {
    const struct pair *pair = (const struct pair *)list.elements + index;
    print("variable ");
    print_bytes(pair->name.elements, pair->name.count);
    print(" is ");
    print_bytes(pair->value.elements, pair->value.count);
    print("\n");
  }
  uint8_t terminal[8];
  get_terminal_stdout(terminal);
  say("terminal", terminal[0]);
}

static void describe_clocks(void) {
  struct datetime wall;
  wall_now(&wall);
  uint64_t first = now();
  handle pollables[3] = {subscribe_duration(50000000), subscribe_instant(0), output_subscribe(output)};
  struct list list;
  poll(pollables, 2, &list);
  say("ready first", ((const uint32_t *)list.elements)[0]);
  say("of", list.count);
  poll(pollables, 3, &list);
  say("ready then", list.count);
  block(pollables[0]);
  say("waited", now() - first >= 50000000);
  say("ready at last", ready(pollables[0]));
  say("wall", wall.seconds > 1600000000 && wall.nanoseconds < 1000000000);
  say("resolution", resolution() > 0);
  for (uint32_t index = 0; index < 3; index++) drop_pollable(pollables[index]);
}

static void describe_randomness(void) {
  struct list list;
  random_bytes(1000, &list);
  say("random bytes", list.count);
  uint64_t seed[2];
  insecure_seed(seed);
  say("different", random_word() != random_word() && insecure_word() != insecure_word() && seed[0] != seed[1]);
}

static void describe_input(void) {
  handle input = get_stdin();
  handle pollable = input_subscribe(input);
  struct bytes result;
  uint64_t total = 0, sum = 0;
  for (;;) {
    block(pollable);
    stream_read(input, 100, &result);
    if (result.is_error) break;
    for (uint32_t index = 0; index < result.bytes.count; index++) sum += result.bytes.elements[index];
    total += result.bytes.count;
  }
  say("input", total);
  say("sum", sum);
  say("closed", result.is_closed);
  drop_pollable(pollable);
  drop_input(input);
}

static handle opened(handle directory, const char *path, uint32_t how, uint32_t flags) {
  struct result result;
  open_at(directory, 1, path, length_of(path), how, flags, &result);
  print("open ");
  print(path);
  if (result.is_error) say(" error", result.code);
  else print(" done\n");
  return result.is_error ? 0 : result.handle;
}

static void show_file(handle directory, const char *path) {
  handle file = opened(directory, path, 0, READ);
  struct bytes result;
  file_read(file, 100, 0, &result);
  print_bytes(result.bytes.elements, result.bytes.count);
  print("\n");
  drop_descriptor(file);
}

static void describe_streams(handle directory, handle file) {
  struct result stream;
  struct done done;
  struct count count;
  struct bytes bytes;
  write_via_stream(file, 6, &stream);
  check_write(stream.handle, &count);
  say("may write", count.count > 0);
  stream_write(stream.handle, P("stream"), &done);
  say("written", !done.is_error);
  flush(stream.handle, &done);
  drop_output(stream.handle);
  append_via_stream(file, &stream);
  stream_write(stream.handle, P(" appended"), &done);
  flush(stream.handle, &done);
  drop_output(stream.handle);
  show_file(directory, "one");
  read_via_stream(file, 2, &stream);
  skip(stream.handle, 4, &count);
  say("skipped", count.count);
  blocking_read(stream.handle, 6, &bytes);
  print_bytes(bytes.bytes.elements, bytes.bytes.count);
  print("\n");
  splice(output, stream.handle, 100, &count);
  print("\n");
  say("spliced", count.count);
  blocking_read(stream.handle, 1, &bytes);
  say("at the end", bytes.is_error);
  say("closed", bytes.is_closed);
  drop_input(stream.handle);
  write_via_stream(file, 21, &stream);
  zeroes(stream.handle, 100, &done);
  drop_output(stream.handle);
  struct stat status;
  file_stat(file, &status);
  say("size", status.size);
}

static void describe_file(handle directory) {
  struct count count;
  struct bytes bytes;
  struct small small;
  struct stat status;
  handle file = opened(directory, "one", CREATE | TRUNCATE, READ | WRITE);
  file_write(file, P("Hello world"), 0, &count);
  say("written", count.count);
  file_read(file, 5, 6, &bytes);
  print_bytes(bytes.bytes.elements, bytes.bytes.count);
  say(" end", bytes.is_at_end);
  file_read(file, 5, 11, &bytes);
  say("end", bytes.is_at_end);
  get_type(file, &small);
  say("type", small.code);
  get_flags(file, &small);
  say("flags", small.code);
  describe_streams(directory, file);
  set_size(file, 5, &small);
  expect("set-size", &small);
  file_sync(file, &small);
  expect("sync", &small);
  advise(file, 0, 5, 1, &small);
  expect("advise", &small);
  set_times(file, 2, 1000000000, 5000, 2, 1234567890, 7000, &small);
  expect("set-times", &small);
  file_stat(file, &status);
  say("type", status.type);
  say("links", status.links);
  say("size", status.size);
  say("modified", status.modified.time.seconds);
  say("and", status.modified.time.nanoseconds);
  struct hash one, two;
  metadata_hash(file, &one);
  metadata_hash_at(directory, 1, P("one"), &two);
  say("hash", one.halves[0] == two.halves[0] && one.halves[1] == two.halves[1]);
  say("same", is_same(file, file));
  say("other", is_same(file, directory));
  drop_descriptor(file);
  file = opened(directory, "one", 0, READ);
  file_write(file, P("x"), 0, &count);
  say("read-only", count.is_error);
  drop_descriptor(file);
}

static void describe_names(handle directory) {
  struct small small;
  struct bytes bytes;
  struct stat status;
  create_directory(directory, P("sub"), &small);
  expect("create", &small);
  create_directory(directory, P("sub"), &small);
  expect("again", &small);
  rename_at(directory, P("one"), directory, P("sub/two"), &small);
  expect("rename", &small);
  stat_at(directory, 0, P("one"), &status);
  say("gone", status.is_error ? status.code : 99);
  symlink_at(directory, P("sub/two"), P("link"), &small);
  expect("symlink", &small);
  readlink_at(directory, P("link"), &bytes);
  print_bytes(bytes.bytes.elements, bytes.bytes.count);
  print("\n");
  stat_at(directory, 0, P("link"), &status);
  say("not followed", status.type);
  stat_at(directory, 1, P("link"), &status);
  say("followed", status.type);
  link_at(directory, 0, P("sub/two"), directory, P("hard"), &small);
  expect("link", &small);
  remove_directory(directory, P("sub"), &small);
  expect("not empty", &small);
  unlink_file(directory, P("sub"), &small);
  say("a directory", small.is_error);
  opened(directory, "none", 0, READ);
  opened(directory, "../outside", 0, READ);
  opened(directory, "/absolute", 0, READ);
  opened(directory, "hard", CREATE | EXCLUSIVE, WRITE);
  opened(directory, "hard", DIRECTORY, READ);
  opened(directory, "sub", CREATE | DIRECTORY, READ);
}

static void describe_listing(handle directory) {
  struct result stream;
  read_directory(directory, &stream);
  // The order is the host's own: the sum is not.
  uint64_t names = 0, letters = 0, types = 0;
  for (;;) {
    struct raw_entry entry;
    read_entry(stream.handle, &entry);
    if (entry.is_error || !entry.is_some) break;
    names++;
    types += entry.type;
    for (uint32_t index = 0; index < entry.name.count; index++) letters += entry.name.elements[index];
  }
  say("names", names);
  say("letters", letters);
  say("types", types);
  drop_entries(stream.handle);
  handle sub = opened(directory, "sub", DIRECTORY, READ);
  struct small small;
  get_type(sub, &small);
  say("type", small.code);
  get_flags(sub, &small);
  say("flags", small.code);
  file_sync(sub, &small);
  expect("sync", &small);
  struct bytes bytes;
  file_read(sub, 1, 0, &bytes);
  say("reading a directory", bytes.code);
  read_via_stream(sub, 0, &stream);
  say("or its stream", stream.code);
  drop_descriptor(sub);
}

static void clean(handle directory) {
  struct small small;
  unlink_file(directory, P("sub/two"), &small);
  unlink_file(directory, P("link"), &small);
  unlink_file(directory, P("hard"), &small);
  remove_directory(directory, P("sub"), &small);
  expect("clean", &small);
}

RUN uint32_t run(void) {
  print("probe\n");
  describe_start();
  describe_clocks();
  describe_randomness();
  describe_input();
  struct list list;
  get_directories(&list);
  for (uint32_t index = 0; index < list.count; index++) {
    const struct given *given = (const struct given *)list.elements + index;
    print("directory ");
    print_bytes(given->path.elements, given->path.count);
    print("\n");
    struct small flags;
    get_flags(given->directory, &flags);
    say("given flags", flags.code);
    handle kept = opened(given->directory, "kept", 0, READ);
    if (kept) {
      struct count count;
      struct result stream;
      file_write(kept, P("x"), 0, &count);
      say("writing it", count.is_error ? count.is_closed : 99);
      write_via_stream(kept, 0, &stream);
      say("or its stream", stream.is_error ? stream.code : 99);
      drop_descriptor(kept);
    }
    describe_file(given->directory);
    describe_names(given->directory);
    describe_listing(given->directory);
    clean(given->directory);
  }
  return 0;
}
