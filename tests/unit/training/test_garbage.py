"""What stays in a process after a training."""

from __future__ import annotations

import gc
from dataclasses import replace

import pytest
import tensorflow as tf
from tensorflow.python.framework.func_graph import FuncGraph
from tensorflow.python.framework.ops import gradient_registry

from ae_core.config.config import Config
from ae_core.runs.store import RunStore
from ae_core.training.garbage import REGISTERED, collect_garbage
from ae_core.training.idle_stepper import forget_idle
from ae_core.training.train import train
from tests.unit.tiny import CONV, DENSE, VARIATIONAL


def living(kind: type) -> set[int]:
    return {id(thing) for thing in gc.get_objects() if isinstance(thing, kind)}


@pytest.mark.parametrize("config", [DENSE, CONV, VARIATIONAL], ids=["dense", "conv", "variational"])
def test_no_graph_and_no_tensor_of_a_training_outlives_it(store: RunStore, config: Config) -> None:
    train(replace(config, seed=1), store=store)
    forget_idle()
    graphs, tensors = living(FuncGraph), living(tf.Tensor)

    train(replace(config, seed=2), store=store)
    forget_idle()

    assert living(FuncGraph) <= graphs
    assert len(living(tf.Tensor)) <= len(tensors)


def test_a_gradient_of_ones_own_is_taken_off_the_list_of_tensorflow() -> None:
    @tf.custom_gradient
    def doubled(value: tf.Tensor) -> tuple[tf.Tensor, object]:
        return 2 * value, lambda upstream: 2 * upstream

    tf.function(doubled)(tf.constant(1.0))
    assert registered()

    collect_garbage()

    assert not registered()


def registered() -> list[str]:
    return [name for name in gradient_registry.list() if name.startswith(REGISTERED)]
