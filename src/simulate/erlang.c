/* Both are integrals over the wait that a customer of endless patience would
 * have. With a customers an agent could be behind, those in front of it leave
 * by being answered (rate c·mu) or by giving up (theta each); summed over how
 * many there are, the density of that wait at v is
 *   p_c · c·mu · exp(-c·mu·v + lambda/theta · (1 - exp(-theta·v)))
 * with p_c the share of time with all agents busy and nobody waiting, and with
 * theta -> 0 the exponential wait of Erlang C. */
#include "simulate/erlang.h"

#include <math.h>

enum { STEPS = 20000 };
#define NEGLIGIBLE 45.0 /* exp(-45) */

double erlang_b(double offered, uint32_t agents) {
  double blocked = 1;
  for (uint32_t n = 1; n <= agents; n++) {
    blocked = offered * blocked / (n + offered * blocked);
  }
  return blocked;
}

/* Rates a second. */
struct rates {
  double lambda, all, theta; /* arrivals, all agents together, giving up */
};

static double density(const struct rates *r, double v) {
  const double arrived = r->theta > 0
                             ? r->lambda / r->theta * -expm1(-r->theta * v)
                             : r->lambda * v;
  return r->all * exp(-r->all * v + arrived);
}

/* Beyond it nothing is left of the density. */
static double far_enough(const struct rates *r) {
  double v = 1 / r->all;
  while (density(r, v) > r->all * exp(-NEGLIGIBLE)) {
    v *= 1.25;
  }
  return v;
}

/* What is summed over the wait v, below @until: the density times
 * exp(-theta·v), who is still there, and times v for the mean. */
struct sums {
  double all, here, waited;
};

static struct sums integrate(const struct rates *r, double until) {
  struct sums s = {0, 0, 0};
  const double h = until / STEPS;
  for (int i = 0; until > 0 && i <= STEPS; i++) {
    const double v = h * i;
    const double weight = i == 0 || i == STEPS ? 1 : i % 2 == 1 ? 4 : 2;
    const double f = weight * h / 3 * density(r, v);
    const double here = f * exp(-r->theta * v);
    s.all += f;
    s.here += here;
    s.waited += here * v;
  }
  return s;
}

/* Who gives up before @short_s: those of the waiting whose patience ended and
 * whose turn had not come. @p: share of time with no one waiting, all busy. */
static double left_within(const struct rates *r, double p,
                          const struct sums *whole, double short_s) {
  if (r->theta <= 0 || short_s <= 0) {
    return 0;
  }
  const struct sums s = integrate(r, short_s);
  const double gone = -expm1(-r->theta * short_s);
  return p * (s.all - s.here + gone * (whole->all - s.all));
}

bool erlang_figures(const struct erlang_load *load,
                    struct erlang_figures *out) {
  const double offered = load->arrivals_per_s * load->handling_s;
  const struct rates r = {.lambda = load->arrivals_per_s,
                          .all = load->agents / load->handling_s,
                          .theta =
                              load->patience_s > 0 ? 1 / load->patience_s : 0};
  if (load->agents == 0 || (r.theta <= 0 && offered >= load->agents)) {
    return false;
  }
  const double end = far_enough(&r);
  const struct sums whole = integrate(&r, end);
  /* Shares of time, for a p_c of 1: all states below c, c itself, and beyond:
   * whole.all is the chance to meet c or more. */
  const double below = 1 / erlang_b(offered, load->agents) - 1;
  const double p = 1 / (below + whole.all);
  const double at_once = p * below;
  const double answered = at_once + p * whole.here;
  const struct sums target =
      integrate(&r, load->target_s < end ? load->target_s : end);
  const double uncounted = left_within(&r, p, &whole, load->short_s);
  out->waiting = p * whole.all;
  out->service_level = (at_once + p * target.here) / (1 - uncounted);
  out->answer_s = p * whole.waited / answered;
  out->abandonment = r.theta > 0 ? 1 - answered : 0;
  out->occupancy = offered * answered / load->agents;
  return true;
}
