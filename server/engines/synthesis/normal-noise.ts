/** Numbers that scatter around 0 as a bell curve (Box and Muller 1958), for models that make speech out of noise. */
export function normalNoise(count: number, deviation: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: count }, () => {
    const radius = Math.sqrt(-2 * Math.log(1 - Math.random()));
    return deviation * radius * Math.cos(2 * Math.PI * Math.random());
  });
}
