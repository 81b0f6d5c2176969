// Objects that know how to evaluate themselves: calls through function pointers over a random tree.
#include "kernel.h"

typedef struct expression expression;
typedef int64_t (*evaluator)(const expression *self, const int64_t *variable);

struct expression {
  evaluator evaluate;
  const expression *left, *right;
  int64_t constant;
};

static int64_t value(const expression *e, const int64_t *variable) { return e->evaluate(e, variable); }

static int64_t constant(const expression *e, const int64_t *variable) { (void)variable; return e->constant; }
static int64_t variable(const expression *e, const int64_t *variable) { return variable[e->constant]; }
static int64_t sum(const expression *e, const int64_t *v) {
  return (int64_t)((uint64_t)value(e->left, v) + (uint64_t)value(e->right, v));
}
static int64_t difference(const expression *e, const int64_t *v) {
  return (int64_t)((uint64_t)value(e->left, v) - (uint64_t)value(e->right, v));
}
static int64_t product(const expression *e, const int64_t *v) {
  return (int64_t)((uint64_t)value(e->left, v) * (uint64_t)value(e->right, v));
}
static int64_t greater(const expression *e, const int64_t *v) {
  int64_t left = value(e->left, v), right = value(e->right, v);
  return left > right ? left : right;
}
static int64_t choice(const expression *e, const int64_t *v) {
  return value(variable(e, v) & 1 ? e->left : e->right, v);
}

enum { variables = 8 };

static const expression *grow(random_source *source, uint32_t depth) {
  static const evaluator leaf[] = { constant, variable };
  static const evaluator branch[] = { sum, difference, product, greater, choice };
  expression *fresh = kernel_memory(sizeof *fresh);
  bool ends = depth == 0 || random_below(source, 16) == 0;
  fresh->evaluate = ends ? leaf[random_below(source, 2)] : branch[random_below(source, 5)];
  fresh->constant = random_below(source, variables);
  fresh->left = ends ? NULL : grow(source, depth - 1);
  fresh->right = ends ? NULL : grow(source, depth - 1);
  return fresh;
}

uint64_t dispatch_kernel(uint32_t n) {
  random_source source = { 20 };
  const expression *root = grow(&source, 15);
  int64_t *variable = kernel_memory(variables * sizeof *variable);
  uint64_t sum = n;
  for (uint32_t pass = 0; pass < n; pass++) {
    for (int i = 0; i < variables; i++) variable[i] = (int64_t)(random_next(&source) >> 32);
    sum = mix(sum, (uint64_t)value(root, variable));
  }
  return sum;
}
