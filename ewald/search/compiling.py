"""How the kernels of the searches are compiled.

They only work on arrays that they are given. Without numba's reference counting (``_nrt``) they cannot make any, but
also do not count, with an atomic operation each, every use of an array in a loop over blocks of a few hundred
nanoseconds; and they compile faster. So do kernels without Python's errors for divisions by zero (``error_model``),
without assignments to slices, and with one entry: whatever calls a kernel has its code optimised once more.
"""

import functools

import numba

compiled = numba.njit(cache=True, nogil=True, _nrt=False, no_cfunc_wrapper=True)
compiled_inline = numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
compiled_plain = numba.njit(cache=True, nogil=True, _nrt=False, error_model="numpy", no_cfunc_wrapper=True)
# Called by other kernels only: without an entry from Python and without a place in the cache, which both take longer
# than to compile a short kernel. The code is cached with that of the kernels that call it.
compiled_inner_with = functools.partial(
    numba.njit, nogil=True, _nrt=False, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True
)
compiled_inner = compiled_inner_with()
# A long kernel with one caller: optimised once, as a part of it. (Short ones compile faster on their own.)
compiled_part = compiled_inner_with(inline="always")
