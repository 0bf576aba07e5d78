import fc from 'fast-check'

/** One of several bytes, with a byte changed, and often cut. */
export function changedBytes(base: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  return fc.tuple(fc.constantFrom(...base), fc.nat(), fc.nat(255), fc.boolean()).map(([bytes, at, byte, isCut]) => {
    const changed = bytes.slice(0, isCut ? at % (bytes.length + 1) : bytes.length)
    if (changed.length > 0) changed[at % changed.length] = byte
    return changed
  })
}
