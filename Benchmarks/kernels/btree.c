// A B-tree: pointer chasing, small searches, copying within nodes.
#include "kernel.h"

enum { least = 8, most = 2 * least - 1 };  // keys in a node other than the root

typedef struct node {
  uint32_t count;
  bool leaf;
  uint32_t key[most];
  uint32_t value[most];
  struct node *child[most + 1];
} node;

static node *new_node(bool leaf) {
  node *fresh = kernel_memory(leaf ? (uint32_t)offsetof(node, child) : (uint32_t)sizeof(node));
  fresh->count = 0;
  fresh->leaf = leaf;
  return fresh;
}

static uint32_t position(const node *in, uint32_t key) {
  uint32_t at = 0;
  while (at < in->count && in->key[at] < key) at++;
  return at;
}

static void split_child(node *parent, uint32_t at) {
  node *left = parent->child[at], *right = new_node(left->leaf);
  right->count = least - 1;
  for (uint32_t i = 0; i < least - 1; i++) {
    right->key[i] = left->key[least + i];
    right->value[i] = left->value[least + i];
  }
  if (!left->leaf)
    for (uint32_t i = 0; i < least; i++) right->child[i] = left->child[least + i];
  left->count = least - 1;
  for (uint32_t i = parent->count; i > at; i--) {
    parent->key[i] = parent->key[i - 1];
    parent->value[i] = parent->value[i - 1];
    parent->child[i + 1] = parent->child[i];
  }
  parent->key[at] = left->key[least - 1];
  parent->value[at] = left->value[least - 1];
  parent->child[at + 1] = right;
  parent->count++;
}

static node *insert(node *root, uint32_t key, uint32_t value) {
  if (root->count == most) {
    node *above = new_node(false);
    above->child[0] = root;
    split_child(above, 0);
    root = above;
  }
  for (node *at = root;;) {
    uint32_t place = position(at, key);
    if (place < at->count && at->key[place] == key) {
      at->value[place] += value;
      return root;
    }
    if (at->leaf) {
      for (uint32_t i = at->count; i > place; i--) {
        at->key[i] = at->key[i - 1];
        at->value[i] = at->value[i - 1];
      }
      at->key[place] = key;
      at->value[place] = value;
      at->count++;
      return root;
    }
    if (at->child[place]->count == most) {
      split_child(at, place);
      continue;
    }
    at = at->child[place];
  }
}

static const uint32_t *find(const node *at, uint32_t key) {
  for (;;) {
    uint32_t place = position(at, key);
    if (place < at->count && at->key[place] == key) return &at->value[place];
    if (at->leaf) return NULL;
    at = at->child[place];
  }
}

static uint64_t scan(const node *at, uint64_t sum) {
  for (uint32_t i = 0; i < at->count; i++) {
    if (!at->leaf) sum = scan(at->child[i], sum);
    sum = mix(sum, (uint64_t)at->key[i] << 32 | at->value[i]);
  }
  return at->leaf ? sum : scan(at->child[at->count], sum);
}

uint64_t btree_kernel(uint32_t n) {
  random_source source = { 11 };
  node *root = new_node(true);
  for (uint32_t i = 0; i < n; i++) root = insert(root, random_below(&source, 4 * n), i);
  uint32_t found = 0;
  for (uint32_t i = 0; i < 2 * n; i++) found += find(root, random_below(&source, 4 * n)) != NULL;
  return scan(root, found);
}
