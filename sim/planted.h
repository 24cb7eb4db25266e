/* planted.h - what the files of planted faults share. */
#ifndef BATON_SIM_PLANTED_H
#define BATON_SIM_PLANTED_H

#include "sim.h"

/* The fault that is in the program now. */
extern enum sim_plant planted;

/* WRAP: what the engine calls in place of a function, and the function. */
#define WRAP(type, name, ...)                                                  \
  type real_##name(__VA_ARGS__) __asm__("__real_" #name);                      \
  type planted_##name(__VA_ARGS__) __asm__("__wrap_" #name);                   \
  type planted_##name(__VA_ARGS__)

#endif
