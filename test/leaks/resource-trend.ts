/** Whether a quantity keeps growing, told apart from noise. */

/**
 * Slope of a series by Theil and Sen: the median of the slopes of all pairs. A few outliers do not move it, a steady
 * growth does.
 * @returns growth per step.
 */
export function medianSlope(values: readonly number[]): number {
  const slopes: number[] = [];
  for (let left = 0; left < values.length; left++) {
    for (let right = left + 1; right < values.length; right++)
      slopes.push(((values[right] ?? 0) - (values[left] ?? 0)) / (right - left));
  }
  return median(slopes);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}
