// A service that tells digits apart, and what it needs: "train FILE" makes the network, "requests COUNT" writes digits of 784 bytes each to
// standard output, "serve FILE" reads such and writes a line for each: the digit, and nanoseconds from before the request is read until its answer is
// on its way.
#include "digits.h"
#include "host.h"

static struct network network;

static int is(const char *text, const char *word) {
  while (*text && *text == *word) text++, word++;
  return *text == *word;
}

// Whether all of it came.
static int read_all(int descriptor, void *bytes, uint32_t count) {
  uint32_t done = 0, read;
  while (done < count && (read = host_read(descriptor, (char *)bytes + done, count - done))) done += read;
  return done == count;
}

static uint32_t decimal(uint64_t number, char *text) {
  char digits[20];
  uint32_t count = 0;
  do digits[count++] = (char)('0' + number % 10);
  while (number /= 10);
  for (uint32_t index = 0; index < count; index++) text[index] = digits[count - 1 - index];
  return count;
}

static int serve(const char *path) {
  if (!read_all(host_open(path, 0), &network, sizeof network)) return 65;
  uint8_t pixels[digit_pixels];
  uint64_t last = 0;
  for (;;) {
    uint64_t start = host_nanoseconds();
    if (!read_all(standard_input, pixels, sizeof pixels)) break;
    // The time of the request before, since this one's answer has yet to be written.
    char text[32] = { (char)('0' + classify(&network, pixels)), ' ' };
    uint32_t length = 2 + decimal(last, text + 2);
    text[length++] = '\n';
    host_write(standard_output, text, length);
    last = host_nanoseconds() - start;
  }
  char text[32] = { '-', ' ' };
  uint32_t length = 2 + decimal(last, text + 2);
  text[length++] = '\n';
  host_write(standard_output, text, length);
  return 0;
}

int run(int count, char **arguments) {
  if (count == 3 && is(arguments[1], "serve")) return serve(arguments[2]);
  if (count == 3 && is(arguments[1], "train")) {
    train(&network);
    host_write(host_open(arguments[2], 1), &network, sizeof network);
    return 0;
  }
  if (count == 3 && is(arguments[1], "requests")) {
    uint32_t random = 0xC0FFE7, wanted = 0;
    for (const char *digit = arguments[2]; *digit >= '0' && *digit <= '9'; digit++) wanted = 10 * wanted + (uint32_t)(*digit - '0');
    for (uint32_t number = 0; number < wanted; number++) {
      uint8_t pixels[digit_pixels];
      draw_digit((int)(number % digit_kinds), &random, pixels);
      host_write(standard_output, pixels, sizeof pixels);
    }
    return 0;
  }
  return 64;
}
