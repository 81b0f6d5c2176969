// A program that believes nothing: it calls WASI over and over and checks what every answer must be, whatever the host says. What it found
// stands in its own memory, at VERDICT, where the host that lies to it through its edge calls cannot put anything.
//
// Descriptor 3 is the image's root with "data/measured", 4 is scratch space, those from 5 on are the host's.
#define SELF_CHECK_PATTERN 65536
#include "verdict.h"

// The error numbers of WASI end here.
#define ERROR(call) known_error(call, __LINE__)

static I known_error(I number, I line) {
  check(number <= 76, line);
  return number;
}

enum { BAD_DESCRIPTOR = 8, TOO_MANY_FILES = 33, NO_SPACE = 51, MEASURED = 40000 };

static int same(const void *left, const void *right, I count) {
  const uint8_t *a = left, *b = right;
  while (count && *a == *b) a++, b++, count--;
  return count == 0;
}

static I word(const uint8_t *at) { return at[0] | (I)at[1] << 8 | (I)at[2] << 16 | (I)at[3] << 24; }
static L long_word(const uint8_t *at) { return word(at) | (L)word(at + 4) << 32; }

// MARK: Settings

static void check_settings(void) {
  static I sizes[2];
  if (ERROR(args_sizes_get(AT(&sizes[0]), AT(&sizes[1]))) == 0 && sizes[0] < 256 && sizes[1] < ROOM) {
    static I places[256];
    clear_room();
    CHECK(args_get(AT(places), AT(room.bytes)) == 0);
    CHECK_ROOM(sizes[1]);
    for (I index = 0; index < sizes[0]; index++)
      CHECK(places[index] >= AT(room.bytes) && places[index] < AT(room.bytes) + sizes[1]);
    CHECK(sizes[1] == 0 || room.bytes[sizes[1] - 1] == 0);
  }
  if (ERROR(environ_sizes_get(AT(&sizes[0]), AT(&sizes[1]))) == 0 && sizes[0] < 256 && sizes[1] < ROOM) {
    static I places[256];
    clear_room();
    CHECK(environ_get(AT(places), AT(room.bytes)) == 0);
    CHECK_ROOM(sizes[1]);
    I fixed = 0;
    for (I index = 0; index < sizes[0]; index++) {
      const uint8_t *entry = (const uint8_t *)(uintptr_t)places[index];
      CHECK(entry >= room.bytes && entry < room.bytes + sizes[1]);
      if (!same(entry, "FIXED=", 6)) continue;
      fixed++;
      CHECK(same(entry, "FIXED=measured", 15));
    }
    CHECK(fixed == 1);
  }
}

// MARK: Time and randomness

static void check_time(void) {
  static L last;
  L now = 0;
  if (ERROR(clock_time_get(1, 1, AT(&now))) == 0) {
    CHECK(now >= last);
    last = now;
  }
  L resolution = 0;
  if (ERROR(clock_res_get(0, AT(&resolution))) == 0) CHECK(resolution >= 1 && resolution <= 1000000000);
  ERROR(clock_time_get(0, 1, AT(&now)));
}

static void check_randomness(void) {
  static L earlier[8];
  static I count;
  for (I round = 0; round < 2; round++) {
    clear_room();
    CHECK(random_get(AT(room.bytes), 32) == 0);
    CHECK_ROOM(32);
    L drawn = long_word(room.bytes);
    for (I index = 0; index < 8; index++) CHECK(drawn != earlier[index]);
    earlier[count++ % 8] = drawn;
  }
}

static void check_waiting(void) {
  static uint8_t subscriptions[3][48];
  static uint8_t events[3][32];
  for (I index = 0; index < 3; index++) {
    for (I at = 0; at < 48; at++) subscriptions[index][at] = 0;
    subscriptions[index][0] = (uint8_t)(index + 1);
    subscriptions[index][8] = (uint8_t)index;  // a clock, a descriptor to read, one to write
    if (index > 0) subscriptions[index][16] = (uint8_t)(index - 1);
  }
  subscriptions[0][16] = 1;     // monotonic
  subscriptions[0][24] = 0x40;  // 1.6 us
  subscriptions[0][25] = 0x06;
  for (I index = 0; index < 3; index++) {
    for (I at = 0; at < 32; at++) events[index][at] = CANARY;
  }
  I count = 0;
  if (ERROR(poll_oneoff(AT(subscriptions), AT(events), 3, AT(&count))) != 0) return;
  CHECK(count >= 1 && count <= 3);
  for (I index = 0; index < count && index < 3; index++) {
    I user = (I)long_word(events[index]);
    CHECK(user >= 1 && user <= 3);
    CHECK(events[index][10] == user - 1);
    CHECK((I)(events[index][8] | events[index][9] << 8) <= 76);
  }
}

// MARK: Files

static I vector[2], moved;
static I read_from(I descriptor, I count) {
  vector[0] = AT(room.bytes), vector[1] = count, moved = 0;
  return ERROR(fd_read(descriptor, AT(vector), 1, AT(&moved)));
}
static I write_to(I descriptor, const void *bytes, I count) {
  vector[0] = AT(bytes), vector[1] = count, moved = 0;
  I error = ERROR(fd_write(descriptor, AT(vector), 1, AT(&moved)));
  if (error == 0) CHECK(moved <= count && (moved >= 1 || count == 0));
  return error;
}
static I open_at(I directory, const char *path, I flags, I *descriptor) {
  I length = 0;
  while (path[length]) length++;
  *descriptor = 0xFFFF;
  // Read, seek, tell, attributes; nothing else of what is measured.
  L rights = directory == 3 ? 1 << 1 | 1 << 2 | 1 << 5 | 1 << 21 : ~0ull >> 35;
  I error = ERROR(path_open(directory, 1, AT(path), length, flags, rights, rights, 0, AT(descriptor)));
  if (error == 0) CHECK(*descriptor >= 3 && *descriptor < 1024);
  return error;
}

// The image's own files never come from the host.
static void check_measured_file(void) {
  I file;
  I error = open_at(3, "data/../data/./measured", 0, &file);
  CHECK(error == 0 || error == TOO_MANY_FILES);
  if (error) return;
  I at = 0;
  for (;;) {
    clear_room();
    CHECK(read_from(file, 5000) == 0);
    CHECK(moved <= 5000);
    CHECK_ROOM(moved);
    if (moved == 0) break;
    CHECK(same(room.bytes, pattern + at, moved));
    at += moved;
  }
  CHECK(at == MEASURED);
  CHECK(fd_close(file) == 0);
  CHECK(open_at(3, "data/more", 1, &file) != 0);
  CHECK(open_at(3, "../data/measured", 0, &file) != 0);
}

static void check_scratch_file(I round) {
  I file;
  I error = open_at(4, "kept", round == 0 ? 1 : 0, &file);
  CHECK(error == 0 || error == TOO_MANY_FILES || error == NO_SPACE || round > 0);
  if (error) return;
  L size = 0;
  CHECK(fd_seek(file, 0, 2, AT(&size)) == 0);
  for (I at = 0; at < 20000;) {
    error = write_to(file, pattern + at, 20000 - at);
    CHECK(error == 0 || error == NO_SPACE);
    if (error) break;
    at += moved;
    size += moved;
  }
  L place = 1;
  CHECK(fd_seek(file, 0, 0, AT(&place)) == 0 && place == 0);
  for (L at = 0; at < size; at += moved) {
    clear_room();
    CHECK(read_from(file, ROOM) == 0);
    CHECK_ROOM(moved);
    if (moved == 0 || moved > ROOM) break;
    I wrong = 0;
    for (I byte = 0; byte < moved; byte++) wrong |= room.bytes[byte] ^ pattern[(at + byte) % 20000];
    CHECK(!wrong || size % 20000 != 0);
    if (at + moved == size) place = size;
  }
  CHECK(place == size);
  CHECK(fd_close(file) == 0);
}

// A listing's records are whole, and no name could lead anywhere.
static void check_listing(I directory) {
  L cookie = 0;
  for (I page = 0; page < 4; page++) {
    clear_room();
    I used = 0;
    if (ERROR(fd_readdir(directory, AT(room.bytes), ROOM, cookie, AT(&used))) != 0) return;
    CHECK(used <= ROOM);
    CHECK_ROOM(used);
    I at = 0;
    while (at + 24 <= used) {
      const uint8_t *record = room.bytes + at;
      I length = word(record + 16), present = used - at - 24 < length ? used - at - 24 : length;
      CHECK(length >= 1 && length <= 255);
      CHECK(record[20] <= 7);
      for (I byte = 0; byte < present && byte < 255; byte++) CHECK(record[24 + byte] != 0 && record[24 + byte] != '/');
      cookie = long_word(record);
      at += 24 + length;
    }
    if (used < ROOM || at == 0) return;
  }
}

// More than the host reads at once, so that it comes in pieces.
static void check_large_read(I file) {
  static struct {
    uint8_t before[256], bytes[100000], after[256];
  } large;
  for (I at = 0; at < sizeof large; at++) ((volatile uint8_t *)&large)[at] = CANARY;
  I vectors[4] = {AT(large.bytes), 50000, AT(large.bytes) + 50001, 40000};
  moved = 0;
  if (ERROR(fd_pread(file, AT(vectors), 2, 0, AT(&moved))) == 0) CHECK(moved <= 90000);
  I wrong = large.bytes[50000] ^ CANARY;
  for (I at = 0; at < sizeof large.before; at++) wrong |= (large.before[at] ^ CANARY) | (large.after[at] ^ CANARY);
  for (I at = 90001; at < sizeof large.bytes; at++) wrong |= large.bytes[at] ^ CANARY;
  CHECK(!wrong);
}

static void check_attributes(I error) {
  CHECK_ROOM(error ? 0 : 64);
  if (error == 0) CHECK(room.bytes[16] <= 7);
}

static void check_host_directory(I directory, I round) {
  static char path[] = "file0";
  path[4] = (char)('0' + round % 10);
  I file;
  check_listing(directory);
  if (open_at(directory, path, 1, &file) == 0) {
    CHECK(file > directory);
    write_to(file, pattern, 3000 + 70000 * (round == 1));
    L place = 0;
    ERROR(fd_seek(file, round * 100, round % 3, AT(&place)));
    ERROR(fd_tell(file, AT(&place)));
    clear_room();
    I error = read_from(file, 4000);
    CHECK(moved <= 4000);
    // What came before the error may stand there.
    CHECK_ROOM(error ? 4000 : moved);
    check_large_read(file);
    static uint8_t small[2][40];
    I vectors[4] = {AT(small[0]), 20, AT(small[1]), 20};
    for (I at = 0; at < 40; at++) small[0][at] = small[1][at] = CANARY;
    if (ERROR(fd_pread(file, AT(vectors), 2, 17, AT(&moved))) == 0) CHECK(moved <= 40);
    for (I at = 20; at < 40; at++) CHECK(small[0][at] == CANARY && small[1][at] == CANARY);
    vectors[0] = AT(pattern), vectors[1] = 300;
    if (ERROR(fd_pwrite(file, AT(vectors), 1, 1 << 20, AT(&moved))) == 0) CHECK(moved <= 300);
    clear_room();
    check_attributes(ERROR(fd_filestat_get(file, AT(room.bytes))));
    clear_room();
    error = ERROR(fd_fdstat_get(file, AT(room.bytes)));
    if (error == 0) CHECK(room.bytes[0] <= 7);
    ERROR(fd_filestat_set_size(file, 1 << 16));
    ERROR(fd_filestat_set_times(file, 1, 2, 5));
    ERROR(fd_allocate(file, 0, 4096));
    ERROR(fd_sync(file));
    ERROR(fd_datasync(file));
    CHECK(fd_close(file) == 0);
    CHECK(read_from(file, 1) == BAD_DESCRIPTOR);
  }
  clear_room();
  check_attributes(ERROR(path_filestat_get(directory, 1, AT(path), 5, AT(room.bytes))));
  clear_room();
  moved = 0;
  I error = ERROR(path_readlink(directory, AT("link"), 4, AT(room.bytes), 100, AT(&moved)));
  if (error == 0) CHECK(moved <= 100);
  CHECK_ROOM(error ? 0 : moved);
  ERROR(path_create_directory(directory, AT("sub"), 3));
  ERROR(path_symlink(AT("file0"), 5, directory, AT("link"), 4));
  ERROR(path_link(directory, 0, AT(path), 5, directory, AT("hard"), 4));
  ERROR(path_rename(directory, AT("hard"), 4, directory, AT("moved"), 5));
  ERROR(path_filestat_set_times(directory, 0, AT(path), 5, 1, 2, 5));
  ERROR(path_unlink_file(directory, AT("moved"), 5));
  ERROR(path_remove_directory(directory, AT("sub"), 3));
  CHECK(open_at(directory, "../outside", 0, &file) != 0);
  CHECK(open_at(directory, "/outside", 0, &file) != 0);
}

static void check_directories(I round) {
  for (I directory = 5; directory < 16; directory++) {
    uint8_t prestat[8];
    if (ERROR(fd_prestat_get(directory, AT(prestat))) != 0) return;
    I length = word(prestat + 4);
    CHECK(prestat[0] == 0 && length >= 1);
    clear_room();
    if (length <= ROOM) {
      CHECK(fd_prestat_dir_name(directory, AT(room.bytes), length) == 0);
      CHECK_ROOM(length);
    }
    check_host_directory(directory, round);
  }
}

static void check_streams(void) {
  clear_room();
  I error = read_from(0, 100);
  CHECK(moved <= 100);
  CHECK_ROOM(error ? 0 : moved);
  write_to(1, "checked\n", 8);
  write_to(2, pattern, 5000);
  for (I stream = 0; stream < 3; stream++) {
    clear_room();
    if (ERROR(fd_fdstat_get(stream, AT(room.bytes))) == 0) CHECK(room.bytes[0] <= 7);
  }
}

// MARK: Growth

static void check_growth(I pages) {
  I before = (I)__builtin_wasm_memory_size(0);
  I result = (I)__builtin_wasm_memory_grow(0, pages);
  I after = (I)__builtin_wasm_memory_size(0);
  if (result == ~(I)0) {
    CHECK(after == before);
    return;
  }
  CHECK(result == before && after == before + pages);
  VERDICT->grows = 1;
  volatile L *words = (volatile L *)(uintptr_t)(before << 16);
  L wrong = 0;
  for (I at = 0; at < pages << 16 >> 3; at += 64) wrong |= words[at];
  CHECK(wrong == 0);
  for (I at = 0; at < pages << 16 >> 3; at += 64) words[at] = at + 1;
  for (I at = 0; at < pages << 16 >> 3; at += 64) wrong |= words[at] ^ (at + 1);
  CHECK(wrong == 0);
  VERDICT->grows = 0;
}

__attribute__((export_name("_start"))) void _start(void) {
  CHECK(VERDICT->checks == 0 && VERDICT->finished == 0);
  fill_pattern();
  check_settings();
  for (I round = 0; round < 3; round++) {
    check_time();
    check_randomness();
    check_measured_file();
    check_scratch_file(round);
    check_directories(round);
    check_time();
    check_waiting();
    check_streams();
    check_growth(round + 1);
    check_time();
    CHECK(pattern_holds());
  }
  VERDICT->finished = 0x600D;
  proc_exit(7);
}
