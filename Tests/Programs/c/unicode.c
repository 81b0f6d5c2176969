// run:
// Wide characters and UTF-8.
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>
#include <wctype.h>

int main(void) {
  printf("%s\n", setlocale(LC_ALL, "C.UTF-8") ? "C.UTF-8" : "no locale");
  wchar_t wide[64];
  size_t length = mbstowcs(wide, "žluťoučký kůň 你好 🦊", 64);
  printf("%zu characters\n", length);
  for (size_t i = 0; i < length; i++) wide[i] = (wchar_t)towupper((wint_t)wide[i]);
  char narrow[128];
  printf("%zu bytes: ", wcstombs(narrow, wide, sizeof narrow));
  puts(narrow);
  printf("%ls %d %zu\n", L"wide → out", wcscmp(L"a", L"b") < 0, wcslen(L"🦊"));
  mbstate_t state = { 0 };
  printf("bad byte: %d\n", mbrtowc(NULL, "\xff", 1, &state) == (size_t)-1);
  return 0;
}
