/** Returns the next integer from 0 to `bound` - 1, the same sequence for the same seed. */
export type Random = (bound: number) => number

/** A repeatable generator: xorshift with 32 bits of state. */
export function randomOf(seed: number): Random {
  let state = seed | 0 || 1
  return (bound) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % bound
  }
}

const interestingBytes = [
  0, 1, 2, 8, 10, 18, 23, 24, 26, 31, 32, 46, 47, 48, 64, 90, 96, 127, 128, 160, 192, 224, 246, 251, 255
]

/** A copy of `input` with up to four changes; a change may insert a part of `other`. */
export function mutate(input: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  let bytes = [...input]
  for (let changes = 1 + random(4); changes > 0; changes--) {
    const at = random(bytes.length + 1)
    switch (random(9)) {
      case 0:
        if (at < bytes.length) bytes[at] = (bytes[at] as number) ^ (1 << random(8))
        break
      case 1:
        bytes[at] = interestingBytes[random(interestingBytes.length)] as number
        break
      case 2:
        bytes[at] = random(256)
        break
      case 3:
        bytes.splice(at, 1 + random(4))
        break
      case 4:
        bytes.splice(
          at,
          0,
          ...Array.from({ length: 1 + random(4) }, () => interestingBytes[random(interestingBytes.length)] as number)
        )
        break
      case 5:
        bytes.splice(at, 0, ...bytes.slice(at, at + 1 + random(40)))
        break
      case 6:
        bytes = bytes.slice(0, at)
        break
      case 7: {
        const from = random(other.length + 1)
        bytes = [...bytes.slice(0, at), ...other.slice(from, from + 1 + random(60)), ...bytes.slice(at)]
        break
      }
      default:
        // one up or down: a length that is slightly wrong
        if (at < bytes.length) bytes[at] = ((bytes[at] as number) + (random(2) === 0 ? 1 : 255)) & 255
    }
  }
  return Uint8Array.from(bytes.slice(0, 4096))
}
