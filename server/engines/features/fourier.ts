/** The discrete Fourier transform of real signals whose length is twice a product of small primes, such as 400 or 512. */

/** One stage: transforms of `length` points are put together from `radix` shorter ones. */
interface Stage {
  radix: number;
  /** Points of each of the shorter transforms. */
  part: number;
}

/**
 * Transforms two samples as one complex number (decimation in time, mixed radix), then takes the halves apart: W. H.
 * Press et al., Numerical Recipes, 12.3. Float64 throughout.
 */
export class RealFourier {
  readonly size: number;
  readonly #half: number;
  readonly #stages: Stage[] = [];
  /** Where each input goes before the first stage. */
  readonly #order: Int32Array;
  /** e^(-2πi k / size), real and imaginary parts. */
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
  #re: Float64Array;
  #im: Float64Array;
  #nextRe: Float64Array;
  #nextIm: Float64Array;

  /** @param size even, at least 4. */
  constructor(size: number) {
    this.size = size;
    this.#half = size / 2;
    const angle = (k: number): number => (-2 * Math.PI * k) / size;
    this.#cos = Float64Array.from({ length: size }, (_, k) => Math.cos(angle(k)));
    this.#sin = Float64Array.from({ length: size }, (_, k) => Math.sin(angle(k)));
    const factors = factorsOf(this.#half);
    let part = 1;
    for (const radix of factors) {
      this.#stages.push({ radix, part });
      part *= radix;
    }
    this.#order = order(this.#half, [...factors].reverse());
    [this.#re, this.#im, this.#nextRe, this.#nextIm] = [0, 1, 2, 3].map(
      () => new Float64Array(this.#half),
    ) as [Float64Array, Float64Array, Float64Array, Float64Array];
  }

  /**
   * Squared magnitudes of the frequencies from 0 to half the sampling rate.
   * @param signal `size` samples.
   * @param powers takes `size / 2 + 1` numbers.
   */
  powers(signal: Float64Array, powers: Float64Array): void {
    const half = this.#half;
    for (let place = 0; place < half; place++) {
      const from = 2 * (this.#order[place] ?? 0);
      this.#re[place] = signal[from] ?? 0;
      this.#im[place] = signal[from + 1] ?? 0;
    }
    for (const stage of this.#stages) this.#combine(stage);
    for (let k = 0; k <= half; k++) {
      const other = (half - k) % half;
      const [re, im] = [this.#re[k % half] ?? 0, this.#im[k % half] ?? 0];
      const [otherRe, otherIm] = [this.#re[other] ?? 0, this.#im[other] ?? 0];
      const [evenRe, evenIm] = [(re + otherRe) / 2, (im - otherIm) / 2];
      const [oddRe, oddIm] = [(im + otherIm) / 2, (otherRe - re) / 2];
      const [cos, sin] = [this.#cos[k] ?? 0, this.#sin[k] ?? 0];
      const sumRe = evenRe + cos * oddRe - sin * oddIm;
      const sumIm = evenIm + cos * oddIm + sin * oddRe;
      powers[k] = sumRe * sumRe + sumIm * sumIm;
    }
  }

  #combine({ radix, part }: Stage): void {
    const { size } = this;
    const half = this.#half;
    const [cos, sin] = [this.#cos, this.#sin];
    const [re, im, nextRe, nextIm] = [this.#re, this.#im, this.#nextRe, this.#nextIm];
    const length = radix * part;
    // e^(-2πi / length) and e^(-2πi / radix) are the so manieth of the numbers kept.
    const step = size / length;
    const leap = size / radix;
    const partRe = new Float64Array(radix);
    const partIm = new Float64Array(radix);
    for (let k = 0; k < part; k++) {
      for (let from = k; from < half; from += length) {
        for (let j = 0; j < radix; j++) {
          const turn = j * k * step;
          const c = cos[turn] as number;
          const s = sin[turn] as number;
          const a = re[from + j * part] as number;
          const b = im[from + j * part] as number;
          partRe[j] = a * c - b * s;
          partIm[j] = a * s + b * c;
        }
        for (let q = 0; q < radix; q++) {
          let sumRe = partRe[0] as number;
          let sumIm = partIm[0] as number;
          for (let j = 1, turn = q * leap; j < radix; j++, turn += q * leap) {
            if (turn >= size) turn -= size;
            const c = cos[turn] as number;
            const s = sin[turn] as number;
            const a = partRe[j] as number;
            const b = partIm[j] as number;
            sumRe += a * c - b * s;
            sumIm += a * s + b * c;
          }
          nextRe[from + q * part] = sumRe;
          nextIm[from + q * part] = sumIm;
        }
      }
    }
    [this.#re, this.#nextRe] = [nextRe, re];
    [this.#im, this.#nextIm] = [nextIm, im];
  }
}

function factorsOf(length: number): number[] {
  const factors: number[] = [];
  let rest = length;
  // Fours rather than twos: half as many passes.
  for (; rest % 4 === 0; rest /= 4) factors.push(4);
  for (let prime = 2; rest > 1; prime++) {
    for (; rest % prime === 0; rest /= prime) factors.push(prime);
  }
  return factors;
}

/** @param factors of the last stage first. */
function order(length: number, factors: readonly number[]): Int32Array {
  let places = [0];
  let stride = 1;
  // A transform of n points, from those of every radix-th point beginning with the first, the second ...
  for (const radix of factors) {
    places = places.flatMap((place) => Array.from({ length: radix }, (_, j) => place + j * stride));
    stride *= radix;
  }
  return Int32Array.from(places.slice(0, length));
}
