import { decodePrivateKey, encodePrivateKey } from '@recordkit/record-codec'
import { importPrivateKey, keyPairFromSeed } from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'
import { ecdsaKeys, generateEcdsaKeyPair } from '@recordkit/record-crypto/ecdsa'
import { exportPrivateKeyPem } from '@recordkit/record-crypto/pem'
import { secp256k1Keys } from '@recordkit/record-crypto/secp256k1'
import { equalBytes } from '@recordkit/record-types'
import type { PrivateKey } from '@recordkit/record-types'
import type { Line } from './measure.ts'

/** Number of inputs of each class: the same for both, so that they use caches equally. */
const pool = 64
const message = new Uint8Array(200).fill(7)

function randomSeed(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(32))
}

/** Makes inputs of one fixed secret, and as many inputs of random ones. */
async function pools<Input>(
  make: (secret: Uint8Array) => Promise<Input> | Input,
  fixed: Uint8Array = randomSeed()
): Promise<{ readonly fixed: Input[]; readonly random: Input[] }> {
  const made = { fixed: [] as Input[], random: [] as Input[] }
  // alternately: the time and place of their allocation must not distinguish the classes
  for (let index = 0; index < pool; index++) {
    made.fixed.push(await make(Uint8Array.from(fixed)))
    made.random.push(await make(randomSeed()))
  }
  return made
}

/** The number 1, as unlike a random number as possible. */
function one(): Uint8Array {
  const secret = new Uint8Array(32)
  secret[31] = 1
  return secret
}

/** The code that handles secrets, and controls that show a dependence. */
export const lines: readonly Line[] = [
  {
    title: 'Ed25519: sign, one key against many',
    claim: 'does not depend on the secret',
    samples: 60_000,
    calls: 1,
    prepare: () => pools(keyPairFromSeed),
    run: (pair: KeyPair) => pair.sign(message)
  },
  {
    title: 'Ed25519: sign, the key of seed 0…01 against many',
    claim: 'does not depend on the secret',
    samples: 60_000,
    calls: 1,
    prepare: () => pools(keyPairFromSeed, one()),
    run: (pair: KeyPair) => pair.sign(message)
  },
  {
    title: 'Ed25519: import a private key, with the check of its public half',
    claim: 'does not depend on the secret',
    samples: 20_000,
    calls: 1,
    prepare: () => pools(async (seed) => encodePrivateKey((await keyPairFromSeed(seed)).privateKey)),
    run: (bytes: Uint8Array) => importPrivateKey(bytes)
  },
  {
    title: 'private key: decode the protobuf',
    claim: 'does not depend on the secret',
    samples: 100_000,
    calls: 16,
    prepare: () => pools(async (seed) => encodePrivateKey((await keyPairFromSeed(seed)).privateKey)),
    run: (bytes: Uint8Array) => decodePrivateKey(bytes)
  },
  {
    title: 'private key: encode the protobuf',
    claim: 'does not depend on the secret',
    samples: 100_000,
    calls: 16,
    prepare: () => pools(async (seed) => (await keyPairFromSeed(seed)).privateKey),
    run: (key: PrivateKey) => encodePrivateKey(key)
  },
  {
    title: 'private key: write PKCS#8 in PEM',
    claim: 'may depend on the secret',
    samples: 40_000,
    calls: 1,
    prepare: () => pools(keyPairFromSeed),
    run: (pair: KeyPair) => exportPrivateKeyPem(pair)
  },
  {
    title: 'ECDSA P-256: sign, one key against many',
    claim: 'does not depend on the secret',
    samples: 20_000,
    calls: 1,
    async prepare() {
      const fixed = await generateEcdsaKeyPair()
      const algorithms = [ecdsaKeys]
      const made = { fixed: [] as KeyPair[], random: [] as KeyPair[] }
      for (let index = 0; index < pool; index++) {
        made.fixed.push(await importPrivateKey(fixed.privateKey, { algorithms }))
        made.random.push(await importPrivateKey((await generateEcdsaKeyPair()).privateKey, { algorithms }))
      }
      return made
    },
    run: (pair: KeyPair) => pair.sign(message)
  },
  {
    title: 'Secp256k1: sign (JavaScript), one key against many',
    claim: 'may depend on the secret',
    samples: 4_000,
    calls: 1,
    prepare: () => pools((data) => secp256k1Keys.keyPair(data)),
    run: (pair: KeyPair) => pair.sign(message)
  },
  {
    title: 'Secp256k1: sign (JavaScript), the key 1 against many',
    claim: 'may depend on the secret',
    samples: 4_000,
    calls: 1,
    prepare: () => pools((data) => secp256k1Keys.keyPair(data), one()),
    run: (pair: KeyPair) => pair.sign(message)
  },
  {
    title: 'control: the same class twice',
    claim: 'does not depend on the secret',
    samples: 100_000,
    calls: 16,
    prepare: () => pools((seed) => seed, new Uint8Array(32).fill(9)).then(({ random }) => ({ fixed: random, random })),
    run: (bytes: Uint8Array) => equalBytes(bytes, Uint8Array.from(bytes))
  },
  {
    title: 'control: equalBytes, with the difference in the first byte or in the last',
    claim: 'depends, as a control',
    samples: 20_000,
    calls: 64,
    prepare() {
      const differing = (index: number): [Uint8Array, Uint8Array] => {
        const [a, b] = [new Uint8Array(32), new Uint8Array(32)]
        b[index] = 1
        return [a, b]
      }
      const of = (index: number): [Uint8Array, Uint8Array][] => Array.from({ length: pool }, () => differing(index))
      return { fixed: of(0), random: of(31) }
    },
    run: ([a, b]: [Uint8Array, Uint8Array]) => equalBytes(a, b)
  }
]
