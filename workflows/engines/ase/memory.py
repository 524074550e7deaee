"""What an ASE optimizer has learned on its way, as plain values: another one goes on with it to the bit.

All three optimizers that the settings allow keep everything that their next steps depend on:

- FIRE: velocities, time step, mixing and the steps since it last went uphill;
- BFGS: the Hessian, and the last point with its forces;
- LBFGS: the differences of the last points and gradients, how many there were, and the last point with its forces.

ASE's own restart files do not: FIRE's leaves out mixing and steps, and only that of BFGS has the filter's cell.
"""

from typing import Any

import numpy as np

#: The first is None until the optimizer has taken a step.
_KEPT = {
    "FIRE": ("vel", "dt", "a", "Nsteps"),
    "BFGS": ("pos0", "forces0", "H"),
    "LBFGS": ("r0", "f0", "iteration", "s", "y", "rho"),
}
#: Those of which every point has its own.
_LISTS = ("s", "y", "rho")


def memory_of(optimizer: Any) -> dict[str, Any] | None:
    """Return what an optimizer has learned, as values that JSON holds exactly; None before its first step.

    None, too, for an optimizer that is not known, or keeps its values in another way than ASE 3.26 to 3.29 do.
    """
    try:
        values = {kept: getattr(_owner(optimizer, kept), kept) for kept in _names(optimizer)}
    except AttributeError:
        return None
    if next(iter(values.values()), None) is None:
        return None
    return {"of": _kind(optimizer)} | {kept: _plain(value) for kept, value in values.items()}


def remember(optimizer: Any, memory: dict[str, Any] | None) -> None:
    """Give a fresh optimizer the memory of another one; that of another kind, or of another ASE, is left aside."""
    if memory is None or memory["of"] != _kind(optimizer):
        return
    for name in _names(optimizer):
        value = _array(memory[name], each=name in _LISTS)
        if name == "H":
            # The first update takes the initial Hessian, and nothing else, whatever ASE keeps it in.
            optimizer.H0 = value
            optimizer.update(optimizer.pos0, optimizer.forces0, optimizer.pos0, optimizer.forces0)
        else:
            setattr(_owner(optimizer, name), name, value)


def _kind(optimizer: Any) -> str:
    from ase import __version__

    return f"{type(optimizer).__name__} of ASE {__version__}"


def _names(optimizer: Any) -> tuple[str, ...]:
    names = _KEPT.get(type(optimizer).__name__, ())
    # ASE 3.26 says v.
    return tuple("v" if name == "vel" and hasattr(optimizer, "v") else name for name in names)


def _owner(optimizer: Any, name: str) -> Any:
    """Return the optimizer, or the part of it that has an attribute: from ASE 3.29 on it has such a part."""
    state = getattr(optimizer, "state", None)
    return state if name in getattr(state, "__dict__", ()) else optimizer


def _plain(value: Any) -> Any:
    return [_plain(one) for one in value] if isinstance(value, list) else np.asarray(value).tolist()


def _array(value: Any, *, each: bool) -> Any:
    if each:
        return [_array(one, each=False) for one in value]
    return np.array(value) if isinstance(value, list) else value
