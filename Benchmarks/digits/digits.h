// Digits as a hand might write them, and a small network that tells them apart.
#pragma once
#include <stdint.h>

enum { digit_side = 28, digit_pixels = digit_side * digit_side, digit_hidden = 256, digit_kinds = 10 };

// The same numbers on every machine.
uint32_t next_random(uint32_t *state);
// From 0 to 1.
float random_fraction(uint32_t *state);

// Draws the digit with strokes that are bent, turned, moved and of some width, and with dust; 255 is ink.
void draw_digit(int digit, uint32_t *random, uint8_t *pixels);

struct network {
  float hidden[digit_hidden][digit_pixels];
  float hidden_bias[digit_hidden];
  float output[digit_kinds][digit_hidden];
  float output_bias[digit_kinds];
};

void train(struct network *network);
int classify(const struct network *network, const uint8_t *pixels);
