// wasi:http/types, error-code: what it is called, and which error of a stream stands for one.
#include "http.h"

struct error_code error_code(struct http_error error) {
  struct error_code code = {.code = (uint8_t)error.code};
  if (error.code == HTTP_REQUEST_BODY_SIZE || error.code == HTTP_RESPONSE_BODY_SIZE) {
    code.is_some = true;
    code.size = error.size;
  }
  return code;
}

const struct http_error *keep_error(struct http_error error) { return keep_copy(&error, sizeof error); }

// option<error-code>
struct option_code {
  uint8_t is_some;
  struct error_code code;
};
_Static_assert(sizeof(struct error_code) == 32 && sizeof(struct option_code) == 40, "canonical ABI");

EXPORT("http/types#http-error-code") const struct option_code *http_error_code(const struct object *error) {
  static struct option_code result;
  result = (struct option_code){0};
  if (error->error.http) result = (struct option_code){true, error_code(*error->error.http)};
  return &result;
}
