#include "digits.h"

// e to the power of x for x up to 0: of the remainder by its series, so that every machine comes to the same number.
static float exponential(float x) {
  if (x < -80) return 0;
  int halvings = 0;
  while (x < -0.5f) {
    x *= 0.5f;
    halvings++;
  }
  float result = 1 + x * (1 + x * (0.5f + x * (1.0f / 6 + x * (1.0f / 24 + x * (1.0f / 120)))));
  while (halvings--) result *= result;
  return result;
}

static void evaluate(const struct network *network, const float *input, float *hidden, float *output) {
  for (int unit = 0; unit < digit_hidden; unit++) {
    float sum = network->hidden_bias[unit];
    for (int index = 0; index < digit_pixels; index++) sum += network->hidden[unit][index] * input[index];
    hidden[unit] = sum > 0 ? sum : 0;
  }
  for (int kind = 0; kind < digit_kinds; kind++) {
    float sum = network->output_bias[kind];
    for (int unit = 0; unit < digit_hidden; unit++) sum += network->output[kind][unit] * hidden[unit];
    output[kind] = sum;
  }
}

static int largest(const float *values) {
  int best = 0;
  for (int kind = 1; kind < digit_kinds; kind++)
    if (values[kind] > values[best]) best = kind;
  return best;
}

static void scale(const uint8_t *pixels, float *input) {
  for (int index = 0; index < digit_pixels; index++) input[index] = (float)pixels[index] * (1.0f / 255);
}

int classify(const struct network *network, const uint8_t *pixels) {
  float input[digit_pixels], hidden[digit_hidden], output[digit_kinds];
  scale(pixels, input);
  evaluate(network, input, hidden, output);
  return largest(output);
}

// One step down the slope of the cross entropy.
static void learn(struct network *network, const float *input, int wanted, float rate) {
  float hidden[digit_hidden], output[digit_kinds], back[digit_hidden];
  evaluate(network, input, hidden, output);
  float most = output[largest(output)], sum = 0;
  for (int kind = 0; kind < digit_kinds; kind++) sum += output[kind] = exponential(output[kind] - most);
  for (int unit = 0; unit < digit_hidden; unit++) back[unit] = 0;
  for (int kind = 0; kind < digit_kinds; kind++) {
    float slope = output[kind] / sum - (kind == wanted);
    for (int unit = 0; unit < digit_hidden; unit++) {
      back[unit] += slope * network->output[kind][unit];
      network->output[kind][unit] -= rate * slope * hidden[unit];
    }
    network->output_bias[kind] -= rate * slope;
  }
  for (int unit = 0; unit < digit_hidden; unit++) {
    if (hidden[unit] <= 0) continue;
    float step = rate * back[unit];
    for (int index = 0; index < digit_pixels; index++) network->hidden[unit][index] -= step * input[index];
    network->hidden_bias[unit] -= step;
  }
}

void train(struct network *network) {
  enum { samples = 6000 };
  uint32_t random = 0x1D161750;
  for (int unit = 0; unit < digit_hidden; unit++) {
    network->hidden_bias[unit] = 0;
    for (int index = 0; index < digit_pixels; index++) network->hidden[unit][index] = 0.08f * (random_fraction(&random) - 0.5f);
  }
  for (int kind = 0; kind < digit_kinds; kind++) {
    network->output_bias[kind] = 0;
    for (int unit = 0; unit < digit_hidden; unit++) network->output[kind][unit] = 0.2f * (random_fraction(&random) - 0.5f);
  }
  for (int sample = 0; sample < samples; sample++) {
    uint8_t pixels[digit_pixels];
    float input[digit_pixels];
    int digit = (int)(next_random(&random) % digit_kinds);
    draw_digit(digit, &random, pixels);
    scale(pixels, input);
    learn(network, input, digit, sample < samples / 2 ? 0.02f : 0.005f);
  }
}
