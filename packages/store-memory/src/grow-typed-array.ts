/** Copies numbers to an array that contains `index`, at least twice as long. */
export function growTypedArray<Numbers extends Int32Array | Uint32Array>(numbers: Numbers, index: number): Numbers {
  const length = Math.max(2 * numbers.length, index + 1)
  const more = numbers instanceof Int32Array ? new Int32Array(length) : new Uint32Array(length)
  more.set(numbers)
  return more as Numbers
}
