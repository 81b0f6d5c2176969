// run:
// Sorting, searching and strings.
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_value(const void *a, const void *b) {
  int x = *(const int *)a, y = *(const int *)b;
  return (x > y) - (x < y);
}

static int by_text(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

int main(void) {
  enum { count = 20000 };
  static int numbers[count];
  unsigned state = 12345;
  for (int i = 0; i < count; i++) numbers[i] = (int)((state = state * 1103515245 + 12345) >> 8) % 100000;
  qsort(numbers, count, sizeof *numbers, by_value);
  int ordered = 1;
  for (int i = 1; i < count; i++) ordered &= numbers[i - 1] <= numbers[i];
  printf("ordered %d: %d %d %d\n", ordered, numbers[0], numbers[count / 2], numbers[count - 1]);
  int key = numbers[777], none = -1;
  printf("found %d, not found %d\n", *(int *)bsearch(&key, numbers, count, sizeof key, by_value) == key,
         bsearch(&none, numbers, count, sizeof none, by_value) == NULL);

  char text[] = "the quick brown fox jumps over the lazy dog and runs away from the bear";
  const char *words[32];
  size_t words_count = 0;
  for (char *word = strtok(text, " "); word; word = strtok(NULL, " ")) words[words_count++] = word;
  qsort(words, words_count, sizeof *words, by_text);
  for (size_t i = 0; i < words_count; i++) printf("%s%s", words[i], i + 1 < words_count ? " " : "\n");

  char buffer[64];
  strcpy(buffer, "Mixed Case");
  for (char *c = buffer; *c; c++) *c = (char)(isupper((unsigned char)*c) ? tolower((unsigned char)*c) : toupper((unsigned char)*c));
  puts(buffer);
  printf("%s %s %zu %zu\n", strstr("haystack with needle", "needle"), strrchr("a/b/c", '/'), strspn("aabbc", "ab"),
         strcspn("aabbc", "c"));
  char *end;
  printf("%ld %ld %lu %lld\n", strtol("-0x7f rest", &end, 0), strtol("777", NULL, 8), strtoul("4294967295", NULL, 10),
         strtoll("-9223372036854775808", NULL, 10));
  printf("[%s] %d %d\n", end, memcmp("abc", "abd", 3) < 0, strncasecmp("ABC", "abd", 2));
  memmove(buffer + 2, buffer, 5);
  puts(buffer);
  return 0;
}
