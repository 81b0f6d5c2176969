// Greets whom the query of a request names, as ?name=world: a function that answers with CGI header fields.
#include "wasi.h"

static int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The value of the parameter, decoded in place of `result`, which has room for the whole query; null when there is none.
static const char *parameter(const char *query, const char *name, char *result) {
  size_t length = text_length(name);
  while (*query) {
    size_t at = 0;
    while (at < length && query[at] == name[at]) at++;
    if (at == length && query[at] == '=') {
      const char *from = query + length + 1;
      char *to = result;
      while (*from && *from != '&') {
        if (*from == '%' && digit(from[1]) >= 0 && digit(from[2]) >= 0) {
          *to++ = (char)(digit(from[1]) << 4 | digit(from[2]));
          from += 3;
        } else {
          *to++ = *from == '+' ? ' ' : *from;
          from++;
        }
      }
      *to = 0;
      return result;
    }
    while (*query && *query++ != '&') {}
  }
  return 0;
}

int main(int count, char **arguments) {
  (void)count, (void)arguments;
  const char *query = environment("QUERY_STRING");
  if (!query) query = "";
  const char *name = parameter(query, "name", allocate(text_length(query) + 1));
  print("Content-Type: text/plain; charset=utf-8\r\n");
  if (!name || !*name) {
    print("Status: 400 Bad Request\r\n\r\nWho is it? Say ?name=...\n");
    return 0;
  }
  print("\r\nHello, ");
  print(name);
  print(", from a fresh trustlet\n");
  return 0;
}
