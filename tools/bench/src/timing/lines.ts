import { decodePrivateKey, encodePrivateKey } from '@recordkit/record-codec'
import { keyPairFromPrivateKey, keyPairFromSeed } from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'
import { generateEcdsaKeyPair } from '@recordkit/record-crypto/ecdsa'
import { exportPrivateKeyPem } from '@recordkit/record-crypto/pem'
import { secp256k1KeyPair } from '@recordkit/record-crypto/secp256k1'
import { equalBytes } from '@recordkit/record-types'
import type { PrivateKey } from '@recordkit/record-types'
import type { Line } from './measure.ts'

/** Inputs of each class: as many objects on either side, so that caches see the same. */
const pool = 64
const message = new Uint8Array(200).fill(7)

function randomSeed(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(32))
}

/** Of one secret again and again, and of as many secrets. */
async function pools<Input>(
  make: (secret: Uint8Array) => Promise<Input> | Input,
  fixed: Uint8Array = randomSeed()
): Promise<{ readonly fixed: Input[]; readonly random: Input[] }> {
  const made = { fixed: [] as Input[], random: [] as Input[] }
  // by turns: where and when they were made must not tell the classes apart
  for (let index = 0; index < pool; index++) {
    made.fixed.push(await make(Uint8Array.from(fixed)))
    made.random.push(await make(randomSeed()))
  }
  return made
}

/** 0x00 … 0x01: the number 1, as far from a random one as there is. */
function one(): Uint8Array {
  const secret = new Uint8Array(32)
  secret[31] = 1
  return secret
}

/** What handles secrets in our own code, and controls that show what a dependence looks like. */
export const lines: readonly Line[] = [
  {
    title: 'Ed25519: sign, one key against many',
    says: 'does not depend on the secret',
    samples: 60_000,
    calls: 1,
    prepare: () => pools(keyPairFromSeed),
    run: (pair: KeyPair) => pair.sign(message)
  },
  {
    title: 'Ed25519: sign, the key of seed 0…01 against many',
    says: 'does not depend on the secret',
    samples: 60_000,
    calls: 1,
    prepare: () => pools(keyPairFromSeed, one()),
    run: (pair: KeyPair) => pair.sign(message)
  },
  {
    title: 'Ed25519: read a private key, its public half checked',
    says: 'does not depend on the secret',
    samples: 20_000,
    calls: 1,
    prepare: () => pools(async (seed) => encodePrivateKey((await keyPairFromSeed(seed)).privateKey)),
    run: (bytes: Uint8Array) => keyPairFromPrivateKey(bytes)
  },
  {
    title: 'private key: decode the protobuf',
    says: 'does not depend on the secret',
    samples: 100_000,
    calls: 16,
    prepare: () => pools(async (seed) => encodePrivateKey((await keyPairFromSeed(seed)).privateKey)),
    run: (bytes: Uint8Array) => decodePrivateKey(bytes)
  },
  {
    title: 'private key: encode the protobuf',
    says: 'does not depend on the secret',
    samples: 100_000,
    calls: 16,
    prepare: () => pools(async (seed) => (await keyPairFromSeed(seed)).privateKey),
    run: (key: PrivateKey) => encodePrivateKey(key)
  },
  {
    title: 'private key: write PKCS#8 in PEM',
    says: 'may depend on the secret',
    samples: 40_000,
    calls: 1,
    prepare: () => pools(keyPairFromSeed),
    run: (pair: KeyPair) => exportPrivateKeyPem(pair)
  },
  {
    title: 'ECDSA P-256: sign, one key against many',
    says: 'does not depend on the secret',
    samples: 20_000,
    calls: 1,
    async prepare() {
      const fixed = await generateEcdsaKeyPair()
      const { ecdsaKeyPair } = await import('@recordkit/record-crypto/ecdsa')
      const made = { fixed: [] as KeyPair[], random: [] as KeyPair[] }
      for (let index = 0; index < pool; index++) {
        made.fixed.push(await ecdsaKeyPair(fixed.privateKey))
        made.random.push(await ecdsaKeyPair((await generateEcdsaKeyPair()).privateKey))
      }
      return made
    },
    run: (pair: KeyPair) => pair.sign(message)
  },
  {
    title: 'Secp256k1: sign (JavaScript), one key against many',
    says: 'may depend on the secret',
    samples: 4_000,
    calls: 1,
    prepare: () => pools(async (data) => secp256k1KeyPair({ type: 'Secp256k1', data })),
    run: (pair: KeyPair) => pair.sign(message)
  },
  {
    title: 'Secp256k1: sign (JavaScript), the key 1 against many',
    says: 'may depend on the secret',
    samples: 4_000,
    calls: 1,
    prepare: () => pools(async (data) => secp256k1KeyPair({ type: 'Secp256k1', data }), one()),
    run: (pair: KeyPair) => pair.sign(message)
  },
  {
    title: 'control: the same class twice',
    says: 'does not depend on the secret',
    samples: 100_000,
    calls: 16,
    prepare: () => pools((seed) => seed, new Uint8Array(32).fill(9)).then(({ random }) => ({ fixed: random, random })),
    run: (bytes: Uint8Array) => equalBytes(bytes, Uint8Array.from(bytes))
  },
  {
    title: 'control: equalBytes, the difference in the first byte or in the last',
    says: 'depends, as a control',
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
