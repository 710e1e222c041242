/** Short ways to write the tensors that models are given. */
import { Tensor } from 'onnxruntime-node';

/** @param shape whose product is the number of values. */
export function floatTensor(values: Float32Array, shape: readonly number[]): Tensor {
  return new Tensor('float32', values, shape);
}

/** Zeros. */
export function zeros(shape: readonly number[]): Tensor {
  return floatTensor(new Float32Array(shape.reduce((product, size) => product * size, 1)), shape);
}

/** Token numbers and lengths, as most models want them. */
export function integerTensor(values: ArrayLike<number>, shape: readonly number[]): Tensor {
  return new Tensor(
    'int64',
    BigInt64Array.from({ length: values.length }, (_, index) => BigInt(values[index] ?? 0)),
    shape,
  );
}

/** Place of the largest of `count` values from `from` on, relative to `from`. */
export function argMax(values: Float32Array, from = 0, count = values.length - from): number {
  let best = 0;
  for (let index = 1; index < count; index++) {
    if ((values[from + index] ?? 0) > (values[from + best] ?? 0)) best = index;
  }
  return best;
}
