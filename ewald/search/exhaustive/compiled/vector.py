# ruff: noqa: PLR0917 (intrinsics take everything by position)
"""The innermost loops: a block of rows of configurations, eight to a vector.

A row holds the configurations that share all choices but the last. Their energies, in integer units, are
``base + single[j] + pair[j]``; integers make every sum below exact, so that no result depends on the order of
summation. numba's own loop vectoriser leaves up to 31 elements of such short rows to a scalar remainder, hence the
explicit vectors (plain LLVM, which turns them into whatever the processor has).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

LANES = 8
# What an excluded choice (an occupied site, a forbidden pair, padding) adds to an energy: two of them and the largest
# valid energy fit into 32 bits, one of them exceeds every valid energy.
EXCLUDED = 3 << 28
# Squares of valid energies take 54 bits: the sums of that many rows' elements per lane stay below 2^63.
SUMMED_AT_ONCE = LANES << 9

_I32 = ir.IntType(32)
_I64 = ir.IntType(64)
_V16 = ir.VectorType(ir.IntType(16), LANES)
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


def _minimum(builder: Any, a: Any, b: Any) -> Any:
    return builder.select(builder.icmp_signed("<", a, b), a, b)


def _variable(builder: Any, vector: Any, start: int) -> Any:
    """Make a vector variable; LLVM keeps it in a register."""
    place = cgutils.alloca_once(builder, vector)
    builder.store(ir.Constant(vector, [start] * LANES), place)
    return place


def _lowest(builder: Any, variable: Any) -> Any:
    kind = ir.FunctionType(_I32, [_V32])
    function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.vector.reduce.smin.v{LANES}i32")
    return builder.sext(builder.call(function, [builder.load(variable)]), _I64)


def _total(builder: Any, vector: Any) -> Any:
    kind = ir.FunctionType(_I64, [_V64])
    function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.vector.reduce.add.v{LANES}i64")
    return builder.call(function, [vector])


@contextmanager
def _triangle(builder: Any, data: list[Any], columns: Any, rows: Any, whole: Any) -> Iterator[tuple[Any, Any, Any]]:
    """Loop over a triangle, vector by vector: energies, elements of earlier rows, position in the row."""
    single, pair = data
    zero, one, step = (ir.Constant(_I64, value) for value in (0, 1, LANES))
    filled = cgutils.alloca_once_value(builder, zero)
    with cgutils.for_range_slice(builder, one, rows, one) as (k, _):
        base = _splat(builder, builder.add(whole, builder.load(builder.gep(single, [k]))))
        start = builder.mul(k, columns)
        with cgutils.for_range_slice(builder, zero, k, step) as (j, _):
            partners = _load(builder, pair, builder.add(start, j), _V32)
            energy = builder.add(builder.add(_load(builder, single, j, _V32), base), partners)
            yield energy, builder.load(filled), j
        builder.store(builder.add(builder.load(filled), k), filled)


@intrinsic
def triangle_minimum(typingctx, single, pair, columns, rows, whole):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201, ARG001
    """Lowest energy of a triangle in which nothing is excluded.

    Row k has the energies ``whole + single[k] + single[j] + pair[k * columns + j]`` for j < k < ``rows``; EXCLUDED
    stands in ``pair`` behind the row's end.
    """
    signature = types.int64(single, pair, types.int64, types.int64, types.int32)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = [_data(context, builder, signature, args, k) for k in range(2)]
        lowest = _variable(builder, _V32, 0x7FFFFFFF)
        with _triangle(builder, data, *args[2:]) as (energy, _, _):
            builder.store(_minimum(builder, builder.load(lowest), energy), lowest)
        return _lowest(builder, lowest)

    return signature, generate


@intrinsic
def triangle_bins(typingctx, single, pair, columns, rows, whole, bins, shift):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201, ARG001
    """Lowest energy of the triangle of :func:`triangle_minimum`, and the histogram bin of every configuration.

    Row after row, ``bins`` (uint16) gets ``energy >> shift``; up to LANES - 1 elements behind the last are overwritten.
    """
    signature = types.int64(single, pair, types.int64, types.int64, types.int32, bins, types.int32)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = [_data(context, builder, signature, args, k) for k in range(2)]
        bin_data = _data(context, builder, signature, args, 5)
        shift = _splat(builder, args[6])
        lowest = _variable(builder, _V32, 0x7FFFFFFF)
        with _triangle(builder, data, *args[2:5]) as (energy, filled, j):
            builder.store(_minimum(builder, builder.load(lowest), energy), lowest)
            place = builder.trunc(builder.lshr(energy, shift), _V16)
            builder.store(place, _pointer(builder, bin_data, builder.add(filled, j), _V16), align=2)
        return _lowest(builder, lowest)

    return signature, generate


@contextmanager
def _energies(builder: Any, data: list[Any], rows: Any) -> Iterator[tuple[Any, Any, Any]]:
    """Loop over a block, vector by vector: energies, elements of earlier rows, position in the row."""
    single, pair, row_base, row_start, row_length = data
    zero, one, step = (ir.Constant(_I64, value) for value in (0, 1, LANES))
    filled = cgutils.alloca_once_value(builder, zero)
    with cgutils.for_range_slice(builder, zero, rows, one) as (k, _):
        base = _splat(builder, builder.load(builder.gep(row_base, [k])))
        start, length = (builder.load(builder.gep(array, [k])) for array in (row_start, row_length))
        with cgutils.for_range_slice(builder, zero, length, step) as (j, _):
            partners = _load(builder, pair, builder.add(start, j), _V32)
            energy = builder.add(builder.add(_load(builder, single, j, _V32), base), partners)
            yield energy, builder.load(filled), j
        builder.store(builder.add(builder.load(filled), length), filled)


def _data(context: Any, builder: Any, signature: Any, args: Any, position: int) -> Any:
    return context.make_array(signature.args[position])(context, builder, args[position]).data


@intrinsic
def block_minimum(  # type: ignore[no-untyped-def] # noqa: ANN201
    typingctx, single, pair, row_base, row_start, row_length, rows, limit  # noqa: ANN001, ARG001
):  # fmt: skip
    """Lowest energy of a block of rows, and how many energies are below ``limit``.

    Row k has the energies ``row_base[k] + single[j] + pair[row_start[k] + j]`` for j < ``row_length[k]``. All
    arrays are int32, ``row_start`` and ``row_length`` int64; ``single`` and the rows of ``pair`` are padded to whole
    vectors, with EXCLUDED in ``pair`` behind the row's end.
    """
    signature = types.UniTuple(types.int64, 2)(
        single, pair, row_base, row_start, row_length, types.intp, types.int32
    )  # fmt: skip

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = [_data(context, builder, signature, args, k) for k in range(5)]
        limit = _splat(builder, args[6])
        lowest = _variable(builder, _V32, 0x7FFFFFFF)
        count = _variable(builder, _V32, 0)
        with _energies(builder, data, args[5]) as (energy, _, _):
            builder.store(_minimum(builder, builder.load(lowest), energy), lowest)
            minus_one = builder.sext(builder.icmp_signed("<", energy, limit), _V32)
            builder.store(builder.sub(builder.load(count), minus_one), count)
        results = [_lowest(builder, lowest), _total(builder, builder.sext(builder.load(count), _V64))]
        return context.make_tuple(builder, signature.return_type, results)

    return signature, generate


@intrinsic
def block_bins(  # type: ignore[no-untyped-def] # noqa: ANN201
    typingctx, single, pair, row_base, row_start, row_length, rows, limit, bins, centre, shift  # noqa: ANN001, ARG001
):  # fmt: skip
    """Lowest energy of a block of rows, sums for the moments, and the histogram bin of every configuration.

    The block is that of :func:`block_minimum`. Row after row, ``bins`` (uint16) gets ``min(energy, limit) >> shift``;
    up to LANES - 1 elements behind the last are overwritten. The sums are those of ``energy - centre`` and of its
    square over the energies below ``limit``.
    """
    whole = types.int32
    signature = types.UniTuple(types.int64, 3)(
        single, pair, row_base, row_start, row_length, types.intp, whole, bins, whole, whole
    )

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = [_data(context, builder, signature, args, k) for k in range(5)]
        bin_data = _data(context, builder, signature, args, 7)
        limit, centre, shift = (_splat(builder, args[k]) for k in (6, 8, 9))
        nothing = ir.Constant(_V32, [0] * LANES)
        lowest = _variable(builder, _V32, 0x7FFFFFFF)
        first, square = (_variable(builder, _V64, 0) for _ in range(2))
        with _energies(builder, data, args[5]) as (energy, filled, j):
            builder.store(_minimum(builder, builder.load(lowest), energy), lowest)
            place = builder.trunc(builder.lshr(_minimum(builder, energy, limit), shift), _V16)
            builder.store(place, _pointer(builder, bin_data, builder.add(filled, j), _V16), align=2)
            valid = builder.icmp_signed("<", energy, limit)
            offset = builder.sext(builder.select(valid, builder.sub(energy, centre), nothing), _V64)
            builder.store(builder.add(builder.load(first), offset), first)
            builder.store(builder.add(builder.load(square), builder.mul(offset, offset)), square)
        results = [
            _lowest(builder, lowest),
            _total(builder, builder.load(first)),
            _total(builder, builder.load(square)),
        ]
        return context.make_tuple(builder, signature.return_type, results)

    return signature, generate
