// Quicksort with the median of three, insertion sort for short ranges.
#include "kernel.h"

static inline void swap(uint32_t *a, uint32_t *b) {
  uint32_t other = *a;
  *a = *b;
  *b = other;
}

static void insertion_sort(uint32_t *first, uint32_t *last) {
  for (uint32_t *end = first + 1; end <= last; end++) {
    uint32_t value = *end, *at = end;
    for (; at > first && at[-1] > value; at--) *at = at[-1];
    *at = value;
  }
}

static void quicksort(uint32_t *first, uint32_t *last) {
  while (last - first > 16) {
    uint32_t *middle = first + (last - first) / 2;
    if (*middle < *first) swap(middle, first);
    if (*last < *first) swap(last, first);
    if (*last < *middle) swap(last, middle);
    uint32_t pivot = *middle, *low = first, *high = last;
    while (low <= high) {
      while (*low < pivot) low++;
      while (pivot < *high) high--;
      if (low <= high) swap(low++, high--);
    }
    if (high - first < last - low) {
      quicksort(first, high);
      first = low;
    } else {
      quicksort(low, last);
      last = high;
    }
  }
  if (first < last) insertion_sort(first, last);
}

uint64_t sort_kernel(uint32_t n) {
  uint32_t *value = kernel_memory(n * sizeof *value);
  random_source source = { 8 };
  for (uint32_t i = 0; i < n; i++) value[i] = (uint32_t)random_next(&source);
  quicksort(value, value + n - 1);
  uint64_t sum = n;
  for (uint32_t i = 0; i < n; i++) sum = mix(sum, value[i]);
  return sum;
}
