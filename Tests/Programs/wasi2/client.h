// What programs of WASI 0.2 need, as the canonical ABI has it from their side.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMPORT(interface, name) __attribute__((import_module("wasi:" interface "@0.2.0"), import_name(name)))
#define RUN __attribute__((export_name("wasi:cli/run@0.2.0#run")))

struct list {
  const uint8_t *elements;
  uint32_t count;
};

typedef uint32_t handle;

IMPORT("cli/stdout", "get-stdout") handle get_stdout(void);
IMPORT("cli/environment", "get-arguments") void get_arguments(struct list *result);

// result<_, stream-error> and the like: a case, and behind it what the case has.
struct stream_result {
  uint8_t is_error;
  uint8_t is_closed;
};
IMPORT("io/streams", "[method]output-stream.blocking-write-and-flush")
void write_and_flush(handle stream, const void *bytes, uint32_t length, struct stream_result *result);

static handle output;

static void print_bytes(const void *bytes, uint32_t length) {
  struct { uint8_t is_error; uint32_t error[2]; } result;
  if (!output) output = get_stdout();
  write_and_flush(output, bytes, length, (struct stream_result *)&result);
  if (result.is_error) __builtin_trap();
}

static void print(const char *text) {
  uint32_t length = 0;
  while (text[length]) length++;
  print_bytes(text, length);
}

[[maybe_unused]] static void print_number(uint64_t number) {
  char digits[20];
  uint32_t place = sizeof digits;
  do digits[--place] = (char)('0' + number % 10);
  while (number /= 10);
  print_bytes(digits + place, sizeof digits - place);
}

// A line of a text and a number.
[[maybe_unused]] static void say(const char *text, uint64_t number) {
  print(text);
  print(" ");
  print_number(number);
  print("\n");
}

[[maybe_unused]] static uint32_t length_of(const char *text) {
  uint32_t length = 0;
  while (text[length]) length++;
  return length;
}
