# The choice of an instruction set, in every module that includes levels.h.

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
