#include "simulate/chance.h"

#include <math.h>

#include "base/map.h"

#define PI 3.14159265358979323846

struct rand chance_of(uint64_t a, uint64_t b, uint64_t c) {
  struct rand r;
  rand_seed(&r, hash_u64(a ^ hash_u64(b ^ hash_u64(c))));
  return r;
}

static double scale_of(const struct simulate_law *law) {
  return law->scale > 0 ? law->scale : 1;
}

/* Mean and deviation of the times themselves, not of their logarithms. */
static double draw_lognormal(const struct simulate_law *law, double u,
                             double v) {
  if (law->mean_s <= 0) {
    return 0;
  }
  const double ratio = law->deviation_s / law->mean_s;
  const double variance = log1p(ratio * ratio);
  const double normal = sqrt(-2 * log1p(-u)) * cos(2 * PI * v);
  return exp(log(law->mean_s) - variance / 2 + sqrt(variance) * normal);
}

double simulate_law_draw(const struct simulate_law *law, struct rand *r) {
  const double u = rand_unit(r), v = rand_unit(r);
  switch (law->form) {
  case SIMULATE_NONE:
    return 0;
  case SIMULATE_CONSTANT:
    return scale_of(law) * law->mean_s;
  case SIMULATE_EXPONENTIAL:
    return scale_of(law) * law->mean_s * -log1p(-u);
  case SIMULATE_LOGNORMAL:
    return scale_of(law) * draw_lognormal(law, u, v);
  case SIMULATE_SAMPLE:
    return law->seen_count == 0
               ? 0
               : scale_of(law) *
                     law->seen_s[(size_t)(u * (double)law->seen_count)];
  }
  return 0;
}

double simulate_law_mean(const struct simulate_law *law) {
  if (law->form != SIMULATE_SAMPLE) {
    return law->form == SIMULATE_NONE ? 0 : scale_of(law) * law->mean_s;
  }
  double sum = 0;
  for (size_t i = 0; i < law->seen_count; i++) {
    sum += law->seen_s[i];
  }
  return law->seen_count == 0 ? 0
                              : scale_of(law) * sum / (double)law->seen_count;
}
