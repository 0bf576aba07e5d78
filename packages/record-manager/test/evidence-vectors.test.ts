import { isEquivocation } from '@recordkit/record-manager'
import { ipns, ownerInKey, signed, ValidationEngine } from '@recordkit/record-validators'
import vectors from '@recordkit/vectors/recordkit/evidence.json' with { type: 'json' }
import { expect, test } from 'vitest'

const unhex = (text: string): Uint8Array =>
  Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))

const engine = new ValidationEngine([ipns(), signed('config', { authors: ownerInKey() })], {
  clock: () => BigInt(vectors.nowNanoseconds)
})

test.each(vectors.cases)('the two values of the vector $id are evidence: $expect', async (vector) => {
  const key = unhex(vector.keyHex)
  const [a, b] = vector.valuesHex.map(unhex) as [Uint8Array, Uint8Array]
  expect(await isEquivocation(engine, { key, values: [a, b] })).toBe(vector.expect)
  expect(await isEquivocation(engine, { key, values: [b, a] })).toBe(vector.expect)
})
