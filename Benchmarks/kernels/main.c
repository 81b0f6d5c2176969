// kernels                          every kernel's name, its usual n and what it computes
// kernels NAME [N] [REPEATS]       a line "checksum nanoseconds" for each repeat; N 0 is the usual n
#include "kernel.h"
#include "runtime.h"

typedef struct {
  const char *name;
  uint64_t (*kernel)(uint32_t n);
  uint32_t usual;
  const char *what;
} entry;

static const entry table[] = {
#define KERNEL(name, usual, what) { #name, name##_kernel, usual, what },
#include "kernels.def"
#undef KERNEL
};
enum { entries = sizeof table / sizeof *table };

static bool same(const char *a, const char *b) {
  while (*a && *a == *b) a++, b++;
  return *a == *b;
}

typedef struct { char text[160]; uint32_t length; } line;

static void add(line *to, const char *text) {
  while (*text && to->length < sizeof to->text) to->text[to->length++] = *text++;
}

static void add_number(line *to, uint64_t number, uint32_t base, uint32_t digits) {
  char text[24] = { 0 };
  uint32_t at = sizeof text - 1;
  do text[--at] = "0123456789abcdef"[number % base], number /= base;
  while (number || sizeof text - 1 - at < digits);
  add(to, text + at);
}

static void print(int descriptor, line *all) {
  add(all, "\n");
  host_print(descriptor, all->text, all->length);
}

static void list(void) {
  for (uint32_t i = 0; i < entries; i++) {
    line out = { 0 };
    add(&out, table[i].name);
    add(&out, " ");
    add_number(&out, table[i].usual, 10, 1);
    add(&out, " ");
    add(&out, table[i].what);
    print(1, &out);
  }
}

static bool parse(const char *text, uint32_t *number) {
  uint64_t value = 0;
  if (!*text) return false;
  for (; *text; text++) {
    if (*text < '0' || *text > '9') return false;
    value = value * 10 + (uint64_t)(*text - '0');
    if (value > UINT32_MAX) return false;
  }
  *number = (uint32_t)value;
  return true;
}

static int complain(const char *about, const char *what) {
  line out = { 0 };
  add(&out, "kernels: ");
  add(&out, about);
  add(&out, what);
  print(2, &out);
  return 2;
}

int run_kernels(int count, char **arguments) {
  if (count < 2) return list(), 0;
  const entry *chosen = NULL;
  for (uint32_t i = 0; i < entries; i++)
    if (same(table[i].name, arguments[1])) chosen = &table[i];
  if (!chosen) return complain("no kernel named ", arguments[1]);
  uint32_t n = 0, repeats = 1;
  if (count > 2 && !parse(arguments[2], &n)) return complain("not a number: ", arguments[2]);
  if (count > 3 && !parse(arguments[3], &repeats)) return complain("not a number: ", arguments[3]);
  if (n == 0) n = chosen->usual;
  while (repeats--) {
    kernel_memory_reset();
    uint64_t start = host_nanoseconds();
    uint64_t sum = chosen->kernel(n);
    uint64_t spent = host_nanoseconds() - start;
    line out = { 0 };
    add_number(&out, sum, 16, 16);
    add(&out, " ");
    add_number(&out, spent, 10, 1);
    print(1, &out);
  }
  return 0;
}
