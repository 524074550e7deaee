"""The innermost loop: one row of configurations at a time, eight to a vector.

A row holds the configurations that share all choices but the last. Their energies, in integer units, are
``base + single[j] + pair[j]``; integers make every sum below exact, so that no result depends on the order of
summation. numba's own loop vectoriser leaves up to 31 elements of such short rows to a scalar remainder, hence the
explicit vectors (plain LLVM, which turns them into whatever the processor has).
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

LANES = 8
# What an excluded choice (an occupied site, a forbidden pair, padding) adds to an energy: two of them and the largest
# valid energy fit into 32 bits, one of them exceeds every valid energy.
EXCLUDED = 3 << 28

_I32 = ir.IntType(32)
_I64 = ir.IntType(64)
_V32 = ir.VectorType(_I32, LANES)
_V64 = ir.VectorType(_I64, LANES)


def _splat(builder: Any, value: Any) -> Any:
    empty = ir.Constant(_V32, ir.Undefined)
    first = builder.insert_element(empty, value, ir.Constant(_I32, 0))
    return builder.shuffle_vector(first, empty, ir.Constant(_V32, [0] * LANES))


def _pointer(builder: Any, data: Any, index: Any, vector: Any) -> Any:
    return builder.bitcast(builder.gep(data, [index]), vector.as_pointer())


def _load(builder: Any, data: Any, index: Any, vector: Any) -> Any:
    return builder.load(_pointer(builder, data, index, vector), align=vector.element.width // 8)


def _store(builder: Any, value: Any, data: Any, index: Any, vector: Any) -> None:
    builder.store(value, _pointer(builder, data, index, vector), align=vector.element.width // 8)


def _minimum(builder: Any, a: Any, b: Any) -> Any:
    return builder.select(builder.icmp_signed("<", a, b), a, b)


def _reduce_minimum(builder: Any, vector: Any) -> Any:
    kind = ir.FunctionType(_I32, [_V32])
    function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.vector.reduce.smin.v{LANES}i32")
    return builder.call(function, [vector])


def _energies(builder: Any, single: Any, pair: Any, base: Any, j: Any) -> Any:
    return builder.add(builder.add(_load(builder, single, j, _V32), base), _load(builder, pair, j, _V32))


def _data(context: Any, builder: Any, signature: Any, args: Any, position: int) -> Any:
    return context.make_array(signature.args[position])(context, builder, args[position]).data


@intrinsic
def row_minimum(typingctx, single, pair, counts, base, limit, length):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201, ARG001
    """Lowest energy of a row; counts[lane] grows by the number of energies below ``limit``.

    ``single`` and ``pair`` are int32 arrays padded to whole vectors, ``counts`` int64 of LANES elements.
    """
    signature = types.int32(single, pair, counts, types.int32, types.int32, types.intp)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        single_data, pair_data, count_data = (_data(context, builder, signature, args, k) for k in range(3))
        base, limit = (_splat(builder, args[k]) for k in (3, 4))
        zero = ir.Constant(_I64, 0)
        lowest = cgutils.alloca_once(builder, _V32)
        count = cgutils.alloca_once(builder, _V32)
        builder.store(ir.Constant(_V32, [0x7FFFFFFF] * LANES), lowest)
        builder.store(ir.Constant(_V32, [0] * LANES), count)
        with cgutils.for_range_slice(builder, zero, args[5], ir.Constant(_I64, LANES)) as (j, _):
            energy = _energies(builder, single_data, pair_data, base, j)
            builder.store(_minimum(builder, builder.load(lowest), energy), lowest)
            valid = builder.sext(builder.icmp_signed("<", energy, limit), _V32)
            builder.store(builder.sub(builder.load(count), valid), count)
        total = builder.add(_load(builder, count_data, zero, _V64), builder.sext(builder.load(count), _V64))
        _store(builder, total, count_data, zero, _V64)
        return _reduce_minimum(builder, builder.load(lowest))

    return signature, generate


@intrinsic
def row_bins(typingctx, single, pair, bins, sums, base, limit, centre, shift, length, start):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201, ARG001
    """Lowest energy of a row; histogram bin of every configuration and sums for the moments on the side.

    ``bins[start:start + length]`` (uint32) gets ``min(energy, limit) >> shift``; up to LANES - 1 elements behind are
    overwritten. ``sums`` (int64, 2 * LANES) grows by the energies and by the squares of
    ``(energy - centre) >> SQUARE_SHIFT``, excluded ones left out, lane by lane.
    """
    whole = types.int32
    signature = types.int32(single, pair, bins, sums, whole, whole, whole, whole, types.intp, types.intp)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        single_data, pair_data, bin_data, sum_data = (_data(context, builder, signature, args, k) for k in range(4))
        base, limit, centre, shift = (_splat(builder, args[k]) for k in range(4, 8))
        length, start = args[8:]
        zero, second = ir.Constant(_I64, 0), ir.Constant(_I64, LANES)
        coarser = ir.Constant(_V32, [SQUARE_SHIFT] * LANES)
        nothing = ir.Constant(_V32, [0] * LANES)
        lowest = cgutils.alloca_once(builder, _V32)
        first_sum, square_sum = (cgutils.alloca_once(builder, _V64) for _ in range(2))
        builder.store(ir.Constant(_V32, [0x7FFFFFFF] * LANES), lowest)
        builder.store(_load(builder, sum_data, zero, _V64), first_sum)
        builder.store(_load(builder, sum_data, second, _V64), square_sum)
        with cgutils.for_range_slice(builder, zero, length, ir.Constant(_I64, LANES)) as (j, _):
            energy = _energies(builder, single_data, pair_data, base, j)
            builder.store(_minimum(builder, builder.load(lowest), energy), lowest)
            place = builder.lshr(_minimum(builder, energy, limit), shift)
            _store(builder, place, bin_data, builder.add(start, j), _V32)
            valid = builder.icmp_signed("<", energy, limit)
            offset = builder.select(valid, builder.sub(energy, centre), nothing)
            builder.store(builder.add(builder.load(first_sum), builder.sext(offset, _V64)), first_sum)
            wide = builder.sext(builder.ashr(offset, coarser), _V64)
            builder.store(builder.add(builder.load(square_sum), builder.mul(wide, wide)), square_sum)
        _store(builder, builder.load(first_sum), sum_data, zero, _V64)
        _store(builder, builder.load(square_sum), sum_data, second, _V64)
        return _reduce_minimum(builder, builder.load(lowest))

    return signature, generate


# Squares are summed in units 2^6 times coarser, so that the sum over a block stays below 2^63.
SQUARE_SHIFT = 6
