// A JSON parser by recursive descent into a tree, and a walk over the tree.
#include "kernel.h"

typedef enum { kind_null, kind_bool, kind_number, kind_string, kind_array, kind_object } value_kind;

typedef struct value {
  value_kind kind;
  uint32_t length;        // of a string, an array or an object
  const uint8_t *key;     // for a member of an object
  uint32_t key_length;
  struct value *first, *next;
  union { double number; const uint8_t *text; } is;
} value;

typedef struct {
  const uint8_t *at, *end;
  value *spare;           // values are taken from here one after the other
  uint32_t left;
} parser;

static value *parse_value(parser *in, uint32_t depth);

static void skip_blanks(parser *in) {
  while (in->at < in->end && (*in->at == ' ' || *in->at == '\n' || *in->at == '\t' || *in->at == '\r')) in->at++;
}

static bool accept(parser *in, uint8_t c) {
  skip_blanks(in);
  if (in->at == in->end || *in->at != c) return false;
  in->at++;
  return true;
}

static bool accept_word(parser *in, const char *word) {
  const uint8_t *at = in->at;
  for (; *word; word++, at++)
    if (at == in->end || *at != (uint8_t)*word) return false;
  in->at = at;
  return true;
}

static bool parse_string(parser *in, const uint8_t **text, uint32_t *length) {
  if (!accept(in, '"')) return false;
  *text = in->at;
  for (; in->at < in->end; in->at++) {
    if (*in->at == '"') {
      *length = (uint32_t)(in->at++ - *text);
      return true;
    }
    if (*in->at == '\\' && ++in->at == in->end) return false;
  }
  return false;
}

static bool is_digit(parser *in) { return in->at < in->end && (uint8_t)(*in->at - '0') < 10; }

static double parse_number(parser *in) {
  bool negative = *in->at == '-';
  in->at += negative;
  double number = 0, scale = 1;
  for (; is_digit(in); in->at++) number = number * 10 + (*in->at - '0');
  if (in->at < in->end && *in->at == '.')
    for (in->at++; is_digit(in); in->at++) number += (*in->at - '0') * (scale /= 10);
  return negative ? -number : number;
}

static bool parse_members(parser *in, value *parent, uint32_t depth) {
  bool keyed = parent->kind == kind_object;
  uint8_t close = keyed ? '}' : ']';
  if (accept(in, close)) return true;
  value **link = &parent->first;
  do {
    const uint8_t *key = NULL;
    uint32_t key_length = 0;
    if (keyed && (!parse_string(in, &key, &key_length) || !accept(in, ':'))) return false;
    value *member = parse_value(in, depth + 1);
    if (!member) return false;
    member->key = key;
    member->key_length = key_length;
    *link = member;
    link = &member->next;
    parent->length++;
  } while (accept(in, ','));
  return accept(in, close);
}

static value *parse_value(parser *in, uint32_t depth) {
  skip_blanks(in);
  if (in->at == in->end || in->left == 0 || depth > 64) return NULL;
  value *fresh = in->spare++;
  in->left--;
  *fresh = (value){ .kind = kind_null };
  switch (*in->at) {
    case '{':
    case '[':
      fresh->kind = *in->at++ == '{' ? kind_object : kind_array;
      return parse_members(in, fresh, depth) ? fresh : NULL;
    case '"':
      fresh->kind = kind_string;
      return parse_string(in, &fresh->is.text, &fresh->length) ? fresh : NULL;
    case 't':
      fresh->kind = kind_bool;
      fresh->length = 1;
      return accept_word(in, "true") ? fresh : NULL;
    case 'f':
      fresh->kind = kind_bool;
      return accept_word(in, "false") ? fresh : NULL;
    case 'n':
      return accept_word(in, "null") ? fresh : NULL;
    default:
      fresh->kind = kind_number;
      if (*in->at != '-' && !is_digit(in)) return NULL;
      fresh->is.number = parse_number(in);
      return fresh;
  }
}

static uint64_t hash_bytes(uint64_t sum, const uint8_t *text, uint32_t length) {
  for (uint32_t i = 0; i < length; i++) sum = sum * 31 + text[i];
  return sum;
}

static uint64_t walk(const value *at, uint64_t sum) {
  sum = mix(sum, at->kind);
  if (at->key) sum = hash_bytes(sum, at->key, at->key_length);
  switch (at->kind) {
    case kind_number: return mix(sum, bits_of(at->is.number));
    case kind_string: return hash_bytes(sum, at->is.text, at->length);
    default:
      for (const value *member = at->first; member; member = member->next) sum = walk(member, sum);
      return mix(sum, at->length);
  }
}

static uint8_t *put(uint8_t *out, const char *text) {
  while (*text) *out++ = (uint8_t)*text++;
  return out;
}

static uint8_t *put_number(uint8_t *out, uint32_t number) {
  if (number >= 10) out = put_number(out, number / 10);
  *out++ = (uint8_t)('0' + number % 10);
  return out;
}

// An array of orders, each with a name, a price, flags and a nested list.
static uint32_t write_orders(uint8_t *text, uint32_t size) {
  random_source source = { 16 };
  uint8_t *out = put(text, "[");
  for (uint32_t order = 0; (uint32_t)(out - text) + 1024 < size; order++) {
    if (order) out = put(out, ",\n");
    out = put_number(put(out, "  {\"order\": "), order);
    out = put(out, ", \"name\": \"");
    for (uint32_t i = 4 + random_below(&source, 20); i; i--) *out++ = (uint8_t)('a' + random_below(&source, 26));
    out = put(out, random_below(&source, 4) ? "\"" : " \\\"quoted\\\"\"");
    out = put_number(put(out, ", \"price\": "), random_below(&source, 10000));
    out = put_number(put(out, "."), 10 + random_below(&source, 90));
    out = put(out, random_below(&source, 2) ? ", \"paid\": true" : ", \"paid\": false");
    out = put(out, ", \"note\": null, \"lines\": [");
    for (uint32_t i = random_below(&source, 8); i; i--) {
      out = put_number(put(out, "{\"id\": "), random_below(&source, 1000000));
      out = put_number(put(out, ", \"count\": -"), random_below(&source, 10));
      out = put(out, i > 1 ? "}, " : "}");
    }
    out = put(out, "]}");
  }
  return (uint32_t)(put(out, "]\n") - text);
}

uint64_t json_kernel(uint32_t n) {
  enum { size = 400 * 1000, values = 100 * 1000 };
  uint8_t *text = kernel_memory(size);
  value *spare = kernel_memory(values * sizeof *spare);
  uint32_t length = write_orders(text, size);
  uint64_t sum = length;
  for (uint32_t pass = 0; pass < n; pass++) {
    parser in = { text, text + length, spare, values };
    const value *root = parse_value(&in, 0);
    sum = root ? walk(root, sum) : 0;
  }
  return sum;
}
