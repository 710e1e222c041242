/** A matrix that grows by rows at its end and loses rows at its beginning. */
export class Rows {
  readonly width: number;
  #values = new Float32Array(0);
  #from = 0;
  #to = 0;

  constructor(width: number) {
    this.width = width;
  }

  get length(): number {
    return (this.#to - this.#from) / this.width;
  }

  /** All rows, one after the other; a view, good until the next change. */
  get values(): Float32Array {
    return this.#values.subarray(this.#from, this.#to);
  }

  /** Rows from `from` on; a copy. */
  since(from: number): Float32Array {
    return this.#values.slice(this.#from + from * this.width, this.#to);
  }

  /** @param rows any number of whole rows. */
  push(rows: Float32Array): void {
    if (rows.length % this.width !== 0)
      throw new RangeError(`${rows.length} values are no rows of ${this.width}.`);
    if (this.#to + rows.length > this.#values.length) {
      const { values } = this;
      const larger = new Float32Array(2 * (values.length + rows.length));
      larger.set(values);
      this.#to = values.length;
      this.#from = 0;
      this.#values = larger;
    }
    this.#values.set(rows, this.#to);
    this.#to += rows.length;
  }

  /** Takes away the first `count` rows. */
  drop(count: number): void {
    this.#from += count * this.width;
  }

  copy(): Rows {
    const copy = new Rows(this.width);
    copy.push(this.values);
    return copy;
  }
}
