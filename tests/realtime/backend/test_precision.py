import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from configs.bundle import Bundle
from realtime.backend.hop_graph import hop_model
from realtime.backend.precision import in_precision
from realtime.backend.turing import without_matrix_products


def network() -> onnx.ModelProto:
    """x -> conv -> + beat's sine -> norm -> product -> (nearest code by a product, magnitude -> product)."""
    draw = np.random.default_rng(0)
    make = helper.make_node
    sizes = {"kernel": (8, 4, 3), "weight": (8, 8), "book": (8, 16), "basis": (8, 8), "one": (8,)}
    constants = [numpy_helper.from_array(draw.random(size, np.float32), name) for name, size in sizes.items()]
    nodes = [
        make("Conv", ["x", "kernel"], ["heard"], kernel_shape=[3], pads=[1, 1]),
        make("Mul", ["phase", "phase"], ["angle"]),
        make("Sin", ["angle"], ["beat"]),
        make("Add", ["heard", "beat"], ["sum"]),
        make("Transpose", ["sum"], ["rows"], perm=[0, 2, 1]),
        make("LayerNormalization", ["rows", "one"], ["normal"]),
        make("MatMul", ["normal", "weight"], ["mixed"]),
        make("Exp", ["mixed"], ["magnitude"]),
        make("MatMul", ["magnitude", "basis"], ["samples"]),
        make("Transpose", ["phase"], ["columns"], perm=[0, 2, 1]),
        make("MatMul", ["columns", "book"], ["distance"]),
        make("ArgMin", ["distance"], ["codes"], axis=2, keepdims=0),
    ]
    inputs = [
        helper.make_tensor_value_info("x", TensorProto.FLOAT, ["B", 4, 10]),
        helper.make_tensor_value_info("phase", TensorProto.FLOAT, ["B", 8, 10]),
    ]
    outputs = [
        helper.make_tensor_value_info("samples", TensorProto.FLOAT, ["B", 10, 8]),
        helper.make_tensor_value_info("codes", TensorProto.INT64, ["B", 10]),
    ]
    graph = helper.make_graph(nodes, "test", inputs, outputs, constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)


def types(model: onnx.ModelProto) -> dict[str, int]:
    described = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True).graph
    values = [*described.value_info, *described.output]
    return {value.name: value.type.tensor_type.elem_type for value in values}


@pytest.mark.parametrize(
    ("precision", "half"), [("fp16", TensorProto.FLOAT16), ("bf16", TensorProto.BFLOAT16)]
)
def test_products_are_half_and_what_would_be_heard_is_not(precision: str, half: int) -> None:
    found = types(in_precision(network(), precision))  # type: ignore[arg-type]
    assert {found[name] for name in ("heard", "sum", "mixed")} == {half}
    exact = ("beat", "normal", "magnitude", "samples", "distance")
    assert {found[name] for name in exact} == {TensorProto.FLOAT}
    assert found["codes"] == TensorProto.INT64


def test_single_precision_is_the_graph_itself() -> None:
    model = network()
    assert in_precision(model, "fp32") is model


def test_converting_leaves_the_original_as_it_was() -> None:
    model = network()
    before = model.SerializeToString(deterministic=True)
    in_precision(model, "fp16")
    assert model.SerializeToString(deterministic=True) == before


def test_convolutions_say_what_matrix_products_say() -> None:
    import onnxruntime

    model = network()
    changed = without_matrix_products(model)
    assert not any(node.op_type == "MatMul" for node in changed.graph.node)
    draw = np.random.default_rng(1)
    given = {"x": draw.random((2, 4, 10), np.float32), "phase": draw.random((2, 8, 10), np.float32)}
    ours, theirs = (
        onnxruntime.InferenceSession(one.SerializeToString()).run(None, given) for one in (changed, model)
    )
    np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-4)
    np.testing.assert_array_equal(ours[1], theirs[1])


def test_the_hop_is_one_valid_graph(house: Bundle) -> None:
    model = hop_model(house)
    onnx.checker.check_model(model, full_check=True)
    assert [value.name for value in model.graph.output] == ["codes", "samples"]
    assert {value.name for value in model.graph.input} == {tensor.name for tensor in house.manifest.inputs}
    assert not any(tensor.data_type == TensorProto.INT8 for tensor in model.graph.initializer)
