// Carries out one section of a script of WASI calls (Tests/LibOSTests/Wasmtime/*.calls, whose notation record.py explains) as a program
// of its own: every function, with addresses, flags and lengths that no C library would pass. What each call answers goes to standard
// error, line by line; the answers in the script are not looked at.
//
// The script is SCRIPT; the section's number is the last argument. Memory is as the scripts expect it: four pages, of which what lies
// between ROOM and LIMIT is theirs. Descriptor 3 is an empty directory that may be written.
#include <stddef.h>
#include <stdint.h>

#include "functions.h"

enum { ROOM = 1024, LIMIT = 131072 };

NAMED(sched_yield) I sched_yield(void);

static const char script[] = {
#embed SCRIPT
    , 0};

// MARK: Text

static I length(const char *text) {
  I count = 0;
  while (text[count]) count++;
  return count;
}

static int is(const char *left, const char *right) {
  while (*left && *left == *right) left++, right++;
  return *left == *right;
}

static char line[8192];
static I used;

static void flush(void) {
  I vector[2] = {(I)(uintptr_t)line, used}, written;
  fd_write(2, (I)(uintptr_t)vector, 1, (I)(uintptr_t)&written);
  used = 0;
}

static void put(char byte) {
  if (used == sizeof line) flush();
  line[used++] = byte;
}

static void say(const char *text) {
  while (*text) put(*text++);
}

static void say_number(L value, I base) {
  char digits[24];
  int count = 0;
  do digits[count++] = "0123456789abcdef"[value % base];
  while (value /= base);
  while (count) put(digits[--count]);
}

static void say_field(L value, I base) {
  put('/');
  say_number(value, base);
}

static L load(I address, I size) {
  L value = 0;
  for (I byte = 0; byte < size; byte++) value |= (L)((const volatile uint8_t *)(uintptr_t)address)[byte] << (8 * byte);
  return value;
}

static void store(I address, L value, I size) {
  for (I byte = 0; byte < size; byte++) ((volatile uint8_t *)(uintptr_t)address)[byte] = (uint8_t)(value >> (8 * byte));
}

static void say_quoted(I address, I count) {
  put('"');
  for (I at = 0; at < count; at++) {
    uint8_t byte = (uint8_t)load(address + at, 1);
    if (byte >= 33 && byte < 127 && byte != '"' && byte != '\\') {
      put((char)byte);
    } else {
      say("\\x");
      put("0123456789abcdef"[byte >> 4]);
      put("0123456789abcdef"[byte & 15]);
    }
  }
  put('"');
}

// A number in decimal or after 0x, perhaps negative.
static L number(const char *text, const char **rest) {
  L value = 0;
  int negative = *text == '-', hexadecimal;
  if (negative) text++;
  if ((hexadecimal = text[0] == '0' && text[1] == 'x')) text += 2;
  for (;; text++) {
    I digit = *text >= 'a' && *text <= 'f' && hexadecimal ? (I)(*text - 'a' + 10) : (I)(*text - '0');
    if (*text < '0' || digit >= (hexadecimal ? 16 : 10)) break;
    value = value * (hexadecimal ? 16 : 10) + digit;
  }
  if (rest) *rest = text;
  return negative ? 0 - value : value;
}

// MARK: Arguments

struct output {
  char kind;  // w: a word of 32 bits, W: of 64, f: fdstat, s: stat, t: stat with times, p: prestat, q: text, b: buffers, e: entries, n: entries without the cookie, v: events
  I address, count;
};
static struct output outputs[8];
static I output_count, next_room;
static L arguments[9];
static I argument_count;

static I room(I count, I alignment) {
  next_room = (next_room + alignment - 1) / alignment * alignment;
  I address = next_room;
  next_room += count + 16;
  if (next_room > LIMIT) proc_exit(99);
  return address;
}

static I filled_room(I count, I alignment) {
  I address = room(count, alignment);
  for (I at = 0; at < count; at++) store(address + at, 0xEE, 1);
  return address;
}

static void argument(L value) { arguments[argument_count++] = value; }

static void expect(char kind, I address, I count) {
  outputs[output_count++] = (struct output){kind, address, count};
}

// Text up to `end`: \s, \xff and @n as in the scripts. Returns its place and, in `count`, its length.
static I text(const char *from, const char *end, I *count) {
  if (*from == '@') {
    *count = (I)number(from + 1, 0);
    I address = room(*count, 1);
    for (I at = 0; at < *count; at++) store(address + at, 'x', 1);
    return address;
  }
  static uint8_t bytes[4096];
  *count = 0;
  while (from < end) {
    uint8_t byte = (uint8_t)*from++;
    if (byte == '\\' && *from == 's') {
      byte = ' ', from++;
    } else if (byte == '\\' && *from == 'x') {
      char digits[] = {'0', 'x', from[1], from[2], 0};
      byte = (uint8_t)number(digits, 0), from += 3;
    }
    bytes[(*count)++] = byte;
  }
  I address = room(*count, 1);
  for (I at = 0; at < *count; at++) store(address + at, bytes[at], 1);
  return address;
}

static const char *part_end(const char *from, const char *end) {
  while (from < end && *from != ',') from++;
  return from;
}

static I parts(const char *from, const char *end) {
  I count = from < end;
  for (; from < end; from++) count += *from == ',';
  return count;
}

static void subscription(const char *part, const char *end, I address, I index) {
  for (I at = 0; at < 48; at++) store(address + at, 0, 1);
  store(address, 100 + index, 8);
  store(address + 8, part[0] == 'c' ? 0 : part[0] == 'r' ? 1 : part[0] == 'w' ? 2 : 9, 1);
  while (part < end && *part != ':') part++;
  if (part == end) return;
  store(address + 16, number(part + 1, &part), 4);
  if (*part != ':') return;
  store(address + 24, number(part + 1, &part), 8);
  store(address + 40, number(part + 1, &part), 2);
}

static void add_list(const char *token, const char *end) {
  char kind = *token++;
  I count = parts(token, --end);
  I list = room((kind == '{' ? 48 : 8) * count, 8);
  I events = kind == '{' ? filled_room(32 * count, 8) : 0;
  for (I index = 0; index < count; index++) {
    const char *stop = part_end(token, end);
    if (kind == '{') {
      subscription(token, stop, list + 48 * index, index);
    } else {
      I size, address;
      if (kind == '<') {
        address = text(token, stop, &size);
      } else {
        size = (I)number(token, 0);
        address = filled_room(size, 1);
        expect('b', address, size);
      }
      store(list + 8 * index, address, 4);
      store(list + 8 * index + 4, size, 4);
    }
    token = stop + 1;
  }
  argument(list);
  if (kind == '{') argument(events), expect('v', events, 32 * count);
  argument(count);
}

static int starts(const char *token, const char *word) {
  while (*word && *token == *word) token++, word++;
  return !*word;
}

static void add_room(const char *token, const char *end) {
  const char *colon = token;
  while (colon < end && *colon != ':') colon++;
  I count = colon < end ? (I)number(colon + 1, 0) : 0;
  char kind = 0;
  if (starts(token, "u32")) kind = 'w', count = 4;
  else if (starts(token, "u64")) kind = 'W', count = 8;
  else if (starts(token, "fdstat")) kind = 'f', count = 24;
  else if (starts(token, "stat")) kind = 's', count = 64;
  else if (starts(token, "times")) kind = 't', count = 64;
  else if (starts(token, "prestat")) kind = 'p', count = 8;
  else if (starts(token, "text")) kind = 'q';
  else if (starts(token, "entries")) kind = 'e';
  else if (starts(token, "names")) kind = 'n';
  I address = filled_room(count, 8);
  argument(address);
  if (kind == 'q' || kind == 'e' || kind == 'n') argument(count);
  if (kind) expect(kind, address, count);
}

// MARK: Calls

static I call(const char *name) {
  L *a = arguments;
#define F1(n, A) if (is(name, #n)) return n((A)a[0]);
#define F2(n, A, B) if (is(name, #n)) return n((A)a[0], (B)a[1]);
#define F3(n, A, B, C) if (is(name, #n)) return n((A)a[0], (B)a[1], (C)a[2]);
#define F4(n, A, B, C, D) if (is(name, #n)) return n((A)a[0], (B)a[1], (C)a[2], (D)a[3]);
#define F5(n, A, B, C, D, E) if (is(name, #n)) return n((A)a[0], (B)a[1], (C)a[2], (D)a[3], (E)a[4]);
#define F6(n, A, B, C, D, E, F) if (is(name, #n)) return n((A)a[0], (B)a[1], (C)a[2], (D)a[3], (E)a[4], (F)a[5]);
#define F7(n, A, B, C, D, E, F, G) if (is(name, #n)) return n((A)a[0], (B)a[1], (C)a[2], (D)a[3], (E)a[4], (F)a[5], (G)a[6]);
#define F9(n, A, B, C, D, E, F, G, H, J) \
  if (is(name, #n)) return n((A)a[0], (B)a[1], (C)a[2], (D)a[3], (E)a[4], (F)a[5], (G)a[6], (H)a[7], (J)a[8]);
#include "functions.def"
  if (is(name, "sched_yield")) return sched_yield();
  proc_exit((I)a[0]);
}

// Names and types in the order of their names, since every file system lists in its own, and perhaps the last cookie.
static void say_entries(I address, I count, int with_cookie) {
  I at = address, end = address + count, places[128], found = 0;
  L last = 0;
  while (at + 24 <= end && found < 128) {
    I size = (I)load(at + 16, 4);
    if (load(at, 8) == 0xEEEEEEEEEEEEEEEE || at + 24 + size > end) break;
    last = load(at, 8);
    I place = found++;
    for (; place > 0; place--) {
      I other = places[place - 1], byte = 0;
      while (load(other + 24 + byte, 1) == load(at + 24 + byte, 1) && byte < size && byte < load(other + 16, 4)) byte++;
      L left = byte < load(other + 16, 4) ? load(other + 24 + byte, 1) : 0, right = byte < size ? load(at + 24 + byte, 1) : 0;
      if (left < right) break;
      places[place] = other;
    }
    places[place] = at;
    at += 24 + size;
  }
  for (I index = 0; index < found; index++) {
    if (index) put(',');
    for (I byte = 0; byte < load(places[index] + 16, 4); byte++) put((char)load(places[index] + 24 + byte, 1));
    put(':');
    say_number(load(places[index] + 20, 1), 10);
  }
  if (with_cookie) put(';'), say_number(last, 10);
}

static void say_status(I address, int with_times) {
  I type = (I)load(address + 16, 1);
  say_number(type, 10);
  // Links and sizes of directories are the file system's own affair.
  say_field(type == 3 ? 0 : load(address + 24, 8), 10);
  say_field(type == 3 ? 0 : load(address + 32, 8), 10);
  if (with_times) say_field(load(address + 40, 8), 10), say_field(load(address + 48, 8), 10);
}

static void say_output(struct output output) {
  I address = output.address;
  put(' ');
  switch (output.kind) {
    case 'w': say_number(load(address, 4), 10); break;
    case 'W': say_number(load(address, 8), 10); break;
    case 'f':
      say_number(load(address, 1), 10);
      say_field(load(address + 2, 2), 10);
      say_field(load(address + 8, 8), 16);
      say_field(load(address + 16, 8), 16);
      break;
    case 's': say_status(address, 0); break;
    case 't': say_status(address, 1); break;
    case 'p': say_number(load(address, 1), 10), say_field(load(address + 4, 4), 10); break;
    case 'e':
    case 'n': say_entries(address, output.count, output.kind == 'e'); break;
    case 'v':
      for (I at = 0; at < output.count; at += 32) {
        if (load(address + at, 8) == 0xEEEEEEEEEEEEEEEE) continue;
        if (at) put(',');
        say_number(load(address + at, 8), 10);
        say_field(load(address + at + 8, 2), 10);
        say_field(load(address + at + 10, 1), 10);
        say_field(load(address + at + 16, 8), 10);
        say_field(load(address + at + 24, 2), 10);
      }
      break;
    default: say_quoted(address, output.count);
  }
}

// MARK: Lines

static void run(const char *from, const char *end) {
  char name[40];
  I count = 0;
  const char *start = from;
  if (*from == '!') from += 2;
  while (from < end && *from != ' ') name[count++] = *from++;
  name[count] = 0;
  next_room = ROOM, output_count = 0, argument_count = 0;
  for (;;) {
    while (*from == ' ') from++;
    if (from >= end || starts(from, "=>")) break;
    const char *token = from;
    if (*token == '"') {
      while (*++from != '"') {}
      from++;
      I size, address = text(token + 1, from - 1, &size);
      argument(address), argument(size);
    } else {
      while (from < end && *from != ' ') from++;
      if (*token == '<' || *token == '[' || *token == '{') add_list(token, from);
      else if (*token == '*') add_room(token + 1, from);
      else argument(number(token, 0));
    }
  }
  while (start < from) put(*start++);
  say("=> ");
  flush();
  I answer = call(name);
  say_number(answer, 10);
  for (I index = 0; answer == 0 && index < output_count; index++) say_output(outputs[index]);
  put('\n');
  flush();
}

// The directory tree that every section starts with, as record.py makes it but for what no program could make.
static void populate(void) {
  static const char *const lines[] = {
      "path_create_directory 3 \"empty\"", "path_create_directory 3 \"dir\"", "path_create_directory 3 \"dir/deep\"",
      "path_open 3 0 \"hello.txt\" 1 66 0 0 *u32", "fd_write 5 <hello\\sworld\\x0a> *u32", "fd_close 5",
      "path_open 3 0 \"dir/inner.txt\" 1 66 0 0 *u32", "fd_write 5 <inner> *u32", "fd_close 5",
      "path_open 3 0 \"dir/deep/deepest.txt\" 1 66 0 0 *u32", "fd_write 5 <deepest> *u32", "fd_close 5",
      "path_symlink \"hello.txt\" 3 \"link\"", "path_symlink \"dir\" 3 \"dirlink\"", "path_symlink \"../outside.txt\" 3 \"escape\"",
      "path_symlink \"nowhere\" 3 \"dangling\"", "path_symlink \"loop\" 3 \"loop\"",
      "path_filestat_set_times 3 0 \"hello.txt\" 1000000000 2000000000 5",
      "path_filestat_set_times 3 0 \"dir/inner.txt\" 1000000000 2000000000 5"};
  for (I index = 0; index < sizeof lines / sizeof *lines; index++) run(lines[index], lines[index] + length(lines[index]));
}

static I wanted_section(void) {
  I count, size;
  args_sizes_get((I)(uintptr_t)&count, (I)(uintptr_t)&size);
  I pointers = room(4 * count, 4), bytes = room(size, 1);
  args_get(pointers, bytes);
  return (I)number((const char *)(uintptr_t)load(pointers + 4 * (count - 1), 4), 0);
}

__attribute__((export_name("_start"))) void start(void) {
  next_room = ROOM;
  I wanted = wanted_section(), section = 0;
  populate();
  for (const char *at = script; *at;) {
    const char *end = at;
    while (*end && *end != '\n') end++;
    if (starts(at, "# ")) section++;
    else if (section == wanted && at < end) run(at, end);
    at = *end ? end + 1 : end;
  }
}
