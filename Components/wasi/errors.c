// wasi:io/error, and what WASI 0.1's error numbers are called in 0.2.
#include "component.h"
#include "http.h"

// By error number of WASI 0.1: one more than the case of wasi:filesystem's error-code. What has no name there is `io`.
static const uint8_t codes[] = {
    [2] = 1,    // access
    [6] = 2,    // would-block
    [7] = 3,    // already
    [8] = 4,    // bad-descriptor
    [10] = 5,   // busy
    [16] = 6,   // deadlock
    [19] = 7,   // quota
    [20] = 8,   // exist
    [22] = 9,   // file-too-large
    [25] = 10,  // illegal-byte-sequence
    [26] = 11,  // in-progress
    [27] = 12,  // interrupted
    [28] = 13,  // invalid
    [31] = 15,  // is-directory
    [32] = 16,  // loop
    [34] = 17,  // too-many-links
    [35] = 18,  // message-size
    [37] = 19,  // name-too-long
    [43] = 20,  // no-device
    [44] = 21,  // no-entry
    [46] = 22,  // no-lock
    [48] = 23,  // insufficient-memory
    [51] = 24,  // insufficient-space
    [54] = 25,  // not-directory
    [55] = 26,  // not-empty
    [56] = 27,  // not-recoverable
    [58] = 28,  // unsupported
    [59] = 29,  // no-tty
    [60] = 30,  // no-such-device
    [61] = 31,  // overflow
    [63] = 32,  // not-permitted
    [64] = 33,  // pipe
    [69] = 34,  // read-only
    [70] = 35,  // invalid-seek
    [74] = 36,  // text-file-busy
    [75] = 37,  // cross-device
    [76] = 32,  // not-permitted
};
enum { CODE_IO = 13 };

uint8_t file_error(errno_t number) { return number < sizeof codes && codes[number] ? codes[number] - 1 : CODE_IO; }

static char *append(char *end, const char *text) {
  while (*text) *end++ = *text++;
  return end;
}

EXPORT("io/error#[method]error.to-debug-string") const struct list *to_debug_string(const struct object *error) {
  static char text[64];
  static struct list result;
  if (error->error.http) {
    char *end = append(text, "error of HTTP, case ");
    if (error->error.http->code >= 10) *end++ = (char)('0' + error->error.http->code / 10);
    *end++ = (char)('0' + error->error.http->code % 10);
    result = (struct list){text, (uint32_t)(end - text)};
    return &result;
  }
  char *end = append(text, "error ");
  if (error->error.number >= 100) *end++ = (char)('0' + error->error.number / 100 % 10);
  if (error->error.number >= 10) *end++ = (char)('0' + error->error.number / 10 % 10);
  *end++ = (char)('0' + error->error.number % 10);
  if (error->error.is_of_network) end = append(end, " of Linux, for a socket");
  else end = append(end, error->error.is_of_files ? " of WASI, for a file" : " of WASI, for a standard stream");
  result = (struct list){text, (uint32_t)(end - text)};
  return &result;
}

// option<error-code>
EXPORT("filesystem/types#filesystem-error-code") const struct result_small *filesystem_error_code(const struct object *error) {
  static struct result_small result;
  result = (struct result_small){error->error.is_of_files, error->error.is_of_files ? file_error(error->error.number) : 0};
  return &result;
}
