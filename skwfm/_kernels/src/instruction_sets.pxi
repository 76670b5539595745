# What every module with kernels in C shares: the instruction sets that its kernels were
# compiled for, and the choice among them. SKWFM_KERNELS_FILE is defined before.

cdef extern from "simd/levels.h" nogil:
    ctypedef struct skwfm_group:
        int64_t column
        int64_t length
        int64_t width
        int64_t weight
        int64_t n_units

    ctypedef struct skwfm_kernels:
        const char *name

    const skwfm_kernels *skwfm_active
    const skwfm_kernels *skwfm_levels
    int SKWFM_N_LEVELS
    bint skwfm_has_level(int)
    void skwfm_use(int)


def instruction_sets():
    """Names of those that this processor has, widest vectors first."""
    return [skwfm_levels[i].name.decode() for i in range(SKWFM_N_LEVELS)
            if skwfm_has_level(i)]


def use_instruction_set(str name):
    """Choose the kernels of all later calls to this module; returns the name of those
    used before.

    The widest are in use from the start. The numbers do not depend on it.
    """
    before = skwfm_active.name.decode()
    if name not in instruction_sets():
        raise ValueError(
            f"name={name!r} is not an instruction set of this processor: "
            f"choose one of {instruction_sets()}"
        )
    for i in range(SKWFM_N_LEVELS):
        if skwfm_levels[i].name.decode() == name:
            skwfm_use(i)
    return before


use_instruction_set(instruction_sets()[0])
