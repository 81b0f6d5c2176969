#include "digits.h"

uint32_t next_random(uint32_t *state) {
  uint32_t x = *state;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  return *state = x;
}

float random_fraction(uint32_t *state) { return (float)(next_random(state) >> 8) * (1.0f / 16777216.0f); }

// Points of a stroke on a grid of 8 by 8, one hexadecimal digit each for x and y; a space lifts the pen.
static const char *const strokes[digit_kinds] = {
  "31122225364656656463524131", "22314147 2767", "2231415253342717476767", "2131415253443444556647273726",
  "5117646457 5157", "6121242454656657472736", "52312225364757666564542425", "2161614447", "4131222334445465665747372625344453625141",
  "645443332231415162666757",
};

static float near(float from, float spread, uint32_t *random) { return from + spread * (2 * random_fraction(random) - 1); }

struct pen { float turn, slant, scale, across, down, width; };

static void line(const struct pen *pen, float x0, float y0, float x1, float y1, uint8_t *pixels) {
  for (int row = 0; row < digit_side; row++) {
    for (int column = 0; column < digit_side; column++) {
      float x = (float)column - x0, y = (float)row - y0, dx = x1 - x0, dy = y1 - y0;
      float length = dx * dx + dy * dy;
      float along = length > 0 ? (x * dx + y * dy) / length : 0;
      if (along < 0) along = 0;
      if (along > 1) along = 1;
      x -= along * dx;
      y -= along * dy;
      float ink = 1.5f - (x * x + y * y) / (pen->width * pen->width);
      if (ink <= 0) continue;
      uint8_t value = ink >= 1 ? 255 : (uint8_t)(255 * ink);
      uint8_t *pixel = &pixels[row * digit_side + column];
      if (value > *pixel) *pixel = value;
    }
  }
}

void draw_digit(int digit, uint32_t *random, uint8_t *pixels) {
  for (int index = 0; index < digit_pixels; index++) {
    uint32_t dust = next_random(random);
    pixels[index] = dust % 64 == 0 ? (uint8_t)(dust >> 25) : 0;
  }
  struct pen pen = {
    near(0, 0.18f, random), near(0, 0.15f, random), near(2.9f, 0.4f, random), near(14, 1.5f, random), near(14, 1.5f, random),
    near(1.5f, 0.4f, random),
  };
  float before_x = 0, before_y = 0;
  int is_down = 0;
  for (const char *point = strokes[digit]; *point; point += 2) {
    if (*point == ' ') {
      is_down = 0;
      point++;
    }
    float x = near((float)(point[0] - '0') - 4, 0.2f, random), y = near((float)(point[1] - '0') - 4, 0.2f, random);
    x += pen.slant * y;
    float place_x = pen.across + pen.scale * (x - pen.turn * y), place_y = pen.down + pen.scale * (y + pen.turn * x);
    if (is_down) line(&pen, before_x, before_y, place_x, place_y, pixels);
    before_x = place_x;
    before_y = place_y;
    is_down = 1;
  }
}
