"""A Keras model of the layers that we use as a LiteRT file, written layer by layer.

TensorFlow's converter takes any model, and 0.4 to 0.7 s for each of ours; this takes a hundredth of a second, and a
convolutional decoder of it is twice as fast. The format is LiteRT's schema:
https://github.com/google-ai-edge/LiteRT/blob/main/tflite/converter/schema/schema.fbs
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import flatbuffers
import keras
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

Array = NDArray[Any]
Shape = tuple[int, ...]

IDENTIFIER = b"TFL3"
SCHEMA_VERSION = 3
ALIGNMENT = 16
"""Bytes; LiteRT reads weights where they lie in the file."""
OPERATION, OPTIONS = schema.BuiltinOperator, schema.BuiltinOptions


def litert_file(model: keras.Model) -> bytes:
    """The contents of a `.tflite` file that computes what `model` does, for any number of images at once.

    Args:
        model: Functional, with one input and one output, of the layers of `ae_core.config.layers`. Dropout, which does
            nothing here, is left out.

    Raises:
        KeyError: a layer or an activation of another kind.
    """
    graph = _Graph()
    known = {id(model.input): graph.tensor(model.input.shape[1:], model.input.name)}
    for layer in model.layers[1:]:
        inputs = layer.input if isinstance(layer.input, list) else [layer.input]
        known[id(layer.output)] = WRITERS[type(layer).__name__](graph, layer, [known[id(value)] for value in inputs])
    return graph.packed(known[id(model.input)], known[id(model.output)], model.input.name)


class _AlignedBuffer(schema.BufferT):
    """Bytes of a constant. They begin at a multiple of `ALIGNMENT` in the file, those of the generated class do not."""

    def Pack(self, builder: Any) -> Any:  # noqa: N802
        content = self.data
        if content is not None:
            builder.StartVector(1, len(content), ALIGNMENT)
            head = builder.head - len(content)
            builder.head = head
            builder.Bytes[head : head + len(content)] = content
            data = builder.EndVector()
        schema.BufferStart(builder)
        if content is not None:
            schema.BufferAddData(builder, data)
        return schema.BufferEnd(builder)


class _Graph:
    """Tensors and operations as they are added; a tensor is told by its number."""

    def __init__(self) -> None:
        self._tensors: list[Any] = []
        self._operators: list[Any] = []
        self._codes: list[int] = []
        # By LiteRT's rules the first is empty, and stands for all that has no fixed values.
        self._buffers = [_AlignedBuffer()]

    def tensor(self, shape: Shape, name: str = "") -> int:
        """What an operation will write, of this shape for each image."""
        return self._add(schema.TensorT([1, *shape], shapeSignature=[-1, *shape]), name)

    def constant(self, values: Array) -> int:
        """Fixed values, float32 or int32."""
        self._buffers.append(_AlignedBuffer(np.ascontiguousarray(values).tobytes()))
        kind = schema.TensorType.INT32 if values.dtype == np.int32 else schema.TensorType.FLOAT32
        return self._add(schema.TensorT(list(values.shape), kind, len(self._buffers) - 1), "constant")

    def apply(self, operation: int, inputs: list[int], shape: Shape, kind: int = 0, options: Any = None) -> int:
        """Add an operation; returns what it writes.

        Args:
            operation: one of `OPERATION`.
            shape: of what it writes, for each image.
            kind: which of `OPTIONS` the `options` are.
        """
        if operation not in self._codes:
            self._codes.append(operation)
        written = self.tensor(shape)
        at = self._codes.index(operation)
        self._operators.append(
            schema.OperatorT(
                opcodeIndex=at, inputs=inputs, outputs=[written], builtinOptionsType=kind, builtinOptions=options
            )
        )
        return written

    def packed(self, first: int, last: int, name: str) -> bytes:
        """The file, of a model that takes the tensor `first`, called `name`, and gives `last`."""
        parts = schema.SubGraphT(self._tensors, [first], [last], self._operators, "main")
        # What older readers look for in the deprecated field: the code itself, as far as it fits into a signed byte.
        codes = [schema.OperatorCodeT(min(code, 127), version=1, builtinCode=code) for code in self._codes]
        ends = [[schema.TensorMapT(*end)] for end in ((name, first), ("output_0", last))]
        signature = schema.SignatureDefT(*ends, "serving_default", 0)
        model = schema.ModelT(SCHEMA_VERSION, codes, [parts], "Bottleneck", self._buffers, signatureDefs=[signature])
        builder = flatbuffers.Builder(1 << 16)
        builder.Finish(model.Pack(builder), IDENTIFIER)
        return bytes(builder.Output())

    def _add(self, tensor: Any, name: str) -> int:
        number = len(self._tensors)
        tensor.name, tensor.hasRank = name or f"values_{number}", True
        self._tensors.append(tensor)
        return number


def _activated(graph: _Graph, layer: keras.layers.Layer, values: int) -> int:
    """The layer's activation of its values, unless its operation has done that already."""
    name, shape = layer.activation.__name__, layer.output.shape[1:]
    if name in FUSED:
        return values
    operation, *options = ACTIVATIONS[name]
    return graph.apply(operation, [values], shape, *options)


def _fused(layer: keras.layers.Layer) -> int:
    name: str = layer.activation.__name__
    return FUSED.get(name, 0)


def _weights(layer: keras.layers.Layer) -> tuple[Array, Array]:
    return layer.kernel.value.numpy(), layer.bias.value.numpy()


def _reshape(graph: _Graph, layer: keras.layers.Layer, inputs: list[int]) -> int:
    return _reshaped(graph, inputs[0], layer.output.shape[1:])


def _reshaped(graph: _Graph, values: int, shape: Shape) -> int:
    wanted = graph.constant(np.array([-1, *shape], np.int32))
    return graph.apply(OPERATION.RESHAPE, [values, wanted], shape)


def _dense(graph: _Graph, layer: keras.layers.Layer, inputs: list[int]) -> int:
    kernel, bias = _weights(layer)
    weights = [graph.constant(kernel.T), graph.constant(bias)]
    options = schema.FullyConnectedOptionsT(_fused(layer))
    shape = layer.output.shape[1:]
    made = graph.apply(OPERATION.FULLY_CONNECTED, [*inputs, *weights], shape, OPTIONS.FullyConnectedOptions, options)
    return _activated(graph, layer, made)


def _convolution(graph: _Graph, layer: keras.layers.Layer, inputs: list[int]) -> int:
    kernel, bias = _weights(layer)
    # Keras has (height, width, in, out), LiteRT (out, height, width, in).
    options = schema.Conv2DOptionsT(schema.Padding.SAME, *layer.strides, _fused(layer))
    made = _convolved(graph, inputs[0], (kernel.transpose(3, 0, 1, 2), bias), layer.output.shape[1:], options)
    return _activated(graph, layer, made)


def _convolved(graph: _Graph, values: int, weights: tuple[Array, Array], shape: Shape, options: Any) -> int:
    constants = [graph.constant(part) for part in weights]
    return graph.apply(OPERATION.CONV_2D, [values, *constants], shape, OPTIONS.Conv2DOptions, options)


def _transposed_convolution(graph: _Graph, layer: keras.layers.Layer, inputs: list[int]) -> int:
    """As a plain convolution, which LiteRT is twice as fast at.

    With strides of 2 it gives the four pixels of rows 2i and 2i + 1 and columns 2j and 2j + 1 as channels, which then
    take their places (Shi et al. 2016, "Is the deconvolution layer the same as a convolutional layer?",
    arXiv:1609.07009).
    """
    kernel, bias = _weights(layer)
    height, width, channels = layer.output.shape[1:]
    # Keras has (height, width, out, in).
    kernel = kernel.transpose(2, 0, 1, 3)
    if layer.strides[0] == 1:
        options = schema.Conv2DOptionsT(schema.Padding.SAME, 1, 1, _fused(layer))
        made = _convolved(graph, inputs[0], (kernel[:, ::-1, ::-1], bias), layer.output.shape[1:], options)
        return _activated(graph, layer, made)
    rows, columns = height // 2, width // 2
    above_and_left = graph.constant(np.array([[0, 0], [1, 0], [1, 0], [0, 0]], np.int32))
    padded = graph.apply(
        OPERATION.PAD, [inputs[0], above_and_left], (rows + 1, columns + 1, kernel.shape[-1]), OPTIONS.PadOptions,
        schema.PadOptionsT(),
    )  # fmt: skip
    options = schema.Conv2DOptionsT(schema.Padding.VALID, 1, 1, _fused(layer))
    phases = _convolved(graph, padded, (_phases(kernel), np.tile(bias, 4)), (rows, columns, 4 * channels), options)
    made = graph.apply(
        OPERATION.DEPTH_TO_SPACE, [phases], (height, width, channels), OPTIONS.DepthToSpaceOptions,
        schema.DepthToSpaceOptionsT(2),
    )  # fmt: skip
    return _activated(graph, layer, made)


def _phases(kernel: Array) -> Array:
    """Kernels (4 out, 2, 2, in) of the four pixels, from that of a transposed convolution, (out, 3, 3, in).

    An input at i adds to the outputs 2i, 2i + 1 and 2i + 2, one for each row of the kernel. So an even output 2i has
    the last row's share of the input at i - 1 and the first row's of that at i; an odd one has the middle row's share
    of the input at i alone.
    """
    rows = (((0, 2), (1, 0)), ((1, 1),))
    phases = []
    for down, across in product(rows, rows):
        phase = np.zeros_like(kernel[:, :2, :2])
        for (above, row), (left, column) in product(down, across):
            phase[:, above, left] = kernel[:, row, column]
        phases.append(phase)
    return np.concatenate(phases)


def _side_by_side(graph: _Graph, layer: keras.layers.Layer, inputs: list[int]) -> int:
    options = schema.ConcatenationOptionsT(-1)
    shape = layer.output.shape[1:]
    return graph.apply(OPERATION.CONCATENATION, inputs, shape, OPTIONS.ConcatenationOptions, options)


def _untouched(_graph: _Graph, _layer: keras.layers.Layer, inputs: list[int]) -> int:
    return inputs[0]


FUSED: dict[str, int] = {
    "linear": schema.ActivationFunctionType.NONE,
    "relu": schema.ActivationFunctionType.RELU,
}
"""Activations that an operation does itself."""
ACTIVATIONS: dict[str, tuple[Any, ...]] = {
    "sigmoid": (OPERATION.LOGISTIC,),
    "tanh": (OPERATION.TANH,),
    "elu": (OPERATION.ELU,),
    "gelu": (OPERATION.GELU, OPTIONS.GeluOptions, schema.GeluOptionsT()),
    # Keras's own slope below zero.
    "leaky_relu": (OPERATION.LEAKY_RELU, OPTIONS.LeakyReluOptions, schema.LeakyReluOptionsT(0.2)),
}
"""Those that are operations of their own, with their options."""
WRITERS: dict[str, Callable[[_Graph, keras.layers.Layer, list[int]], int]] = {
    "Flatten": _reshape,
    "Reshape": _reshape,
    "Dense": _dense,
    "Conv2D": _convolution,
    "Conv2DTranspose": _transposed_convolution,
    "Concatenate": _side_by_side,
    "Dropout": _untouched,
}
