// Strings that leave this component must be UTF-8: another one ends the program.
#include "component.h"

bool is_utf8(const uint8_t *bytes, uint32_t length) {
  for (uint32_t place = 0; place < length;) {
    uint8_t first = bytes[place++];
    if (first < 0x80) continue;
    if (first < 0xC2 || first > 0xF4) return false;
    uint32_t more = first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
    if (length - place < more) return false;
    // The second byte tells overlong forms, surrogates and what lies beyond U+10FFFF.
    uint8_t low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    uint8_t high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (bytes[place] < low || bytes[place] > high) return false;
    for (uint32_t index = 1; index < more; index++)
      if ((bytes[place + index] & 0xC0) != 0x80) return false;
    place += more;
  }
  return true;
}
