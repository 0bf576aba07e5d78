/** bytes of a block */
const blockSize = 64

/**
 * SHA-256 in plain JavaScript, in the time of @noble/hashes and a third of its size.
 *
 * @see FIPS 180-4, section 6.2
 */
export function digest(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array((Math.floor((message.length + 8) / blockSize) + 1) * blockSize)
  padded.set(message)
  padded[message.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setUint32(padded.length - 8, message.length / 0x20000000)
  view.setUint32(padded.length - 4, message.length << 3)
  const { initial, rounds } = (constants ??= makeConstants())
  const state = initial.slice()
  const words = new Int32Array(rounds.length)
  for (let offset = 0; offset < padded.length; offset += blockSize) mix(state, words, view, offset, rounds)
  const out = new DataView(padded.buffer, 0, 32)
  for (let index = 0; index < 8; index++) out.setInt32(4 * index, state[index]!)
  return padded.slice(0, 32)
}

/** Mixes one block into the state. @param words - memory for the message schedule */
function mix(state: Int32Array, words: Int32Array, view: DataView, offset: number, rounds: Int32Array): void {
  for (let index = 0; index < 16; index++) words[index] = view.getInt32(offset + 4 * index)
  for (let index = 16; index < 64; index++) {
    const early = words[index - 15]!
    const late = words[index - 2]!
    const small0 = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3)
    const small1 = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10)
    words[index] = small0 + words[index - 7]! + small1 + words[index - 16]!
  }
  let a = state[0]!
  let b = state[1]!
  let c = state[2]!
  let d = state[3]!
  let e = state[4]!
  let f = state[5]!
  let g = state[6]!
  let h = state[7]!
  for (let index = 0; index < 64; index++) {
    const large1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
    const large0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
    const first = (h + large1 + ((e & f) ^ (~e & g)) + rounds[index]! + words[index]!) | 0
    const second = (large0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + first) | 0
    d = c
    c = b
    b = a
    a = (first + second) | 0
  }
  state[0]! += a
  state[1]! += b
  state[2]! += c
  state[3]! += d
  state[4]! += e
  state[5]! += f
  state[6]! += g
  state[7]! += h
}

function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits))
}

interface Constants {
  readonly initial: Int32Array
  readonly rounds: Int32Array
}

let constants: Constants | undefined

/** The first 32 bits of the fractions of the square roots of 8 primes, and of the cube roots of 64. */
function makeConstants(): Constants {
  const primes: number[] = []
  for (let number = 2; primes.length < 64; number++) {
    if (primes.every((prime) => number % prime > 0)) primes.push(number)
  }
  const fraction = (root: number): number => (root - Math.floor(root)) * 0x100000000
  return {
    initial: Int32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime))),
    rounds: Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime)))
  }
}
