/** The same numbers in an array that has a place `index`, and room to go on. */
export function growTypedArray<Numbers extends Int32Array | Uint32Array>(numbers: Numbers, index: number): Numbers {
  const length = Math.max(2 * numbers.length, index + 1)
  const more = numbers instanceof Int32Array ? new Int32Array(length) : new Uint32Array(length)
  more.set(numbers)
  return more as Numbers
}
