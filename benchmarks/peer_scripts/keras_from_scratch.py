"""The recipe of many Keras guides: ResNet-50 from random weights, 150 epochs; timed over 30 steps.

python keras_from_scratch.py TASK.json OUT_FOLDER
"""

import json
import math
import sys
import time
from pathlib import Path

import keras
import tensorflow as tf

SIZE, BATCH, EPOCHS, STEPS = 224, 32, 150, 30


def decode(path: tf.Tensor, targets: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    picture = tf.io.decode_image(tf.io.read_file(path), channels=3, expand_animations=False)
    return tf.image.resize(picture, (SIZE, SIZE)) / 255.0, targets


def main() -> None:
    task = json.loads(Path(sys.argv[1]).read_text())
    train = [sample for sample in task["samples"] if sample["part"] == "train"]
    targets = [[float(label in sample["labels"]) for label in task["labels"]] for sample in train]
    source = tf.data.Dataset.from_tensor_slices(([sample["path"] for sample in train], targets))
    batches = source.shuffle(len(train), seed=0).repeat().map(decode, num_parallel_calls=2).ignore_errors().batch(BATCH)
    model = keras.applications.ResNet50(
        weights=None, input_shape=(SIZE, SIZE, 3), classes=len(task["labels"]), classifier_activation="sigmoid"
    )
    model.compile(optimizer="adam", loss="binary_crossentropy")
    several = iter(batches.prefetch(2))
    model.train_on_batch(*next(several))  # builds the graph
    started = time.perf_counter()
    for _ in range(STEPS):
        model.train_on_batch(*next(several))
    step = (time.perf_counter() - started) / STEPS
    seconds = step * EPOCHS * math.ceil(len(train) / BATCH)
    (Path(sys.argv[2]) / "extrapolated.json").write_text(json.dumps({"step": step, "seconds": seconds}))


if __name__ == "__main__":
    main()
