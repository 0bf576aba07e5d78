/** Copies numbers to an array that contains `index`, at least twice as long. */
export function growTypedArray<Numbers extends Int32Array | Uint32Array | Float64Array>(
  numbers: Numbers,
  index: number
): Numbers {
  const length = Math.max(2 * numbers.length, index + 1)
  const more = new (numbers.constructor as new (size: number) => Numbers)(length)
  more.set(numbers)
  return more
}
