/* Makes room for the next instruction set; see levels.h. */
#undef SKWFM_LEVEL
#undef SKWFM_BYTES
#undef SKWFM_ROWS
#undef SKWFM_SHIFTS
#undef SKWFM_PERMUTES
