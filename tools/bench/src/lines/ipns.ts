import { privateKeyFromProtobuf } from '@libp2p/crypto/keys'
import { ipnsRoutingKey } from '@recordkit/record-codec'
import { exportPrivateKey, keyPairFromSeed, createIpnsRecord } from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'
import { hour } from '@recordkit/testing'
import { ipns, resolveRecord, selectRecord, validateMany, ValidationEngine } from '@recordkit/record-validators'
import { createIPNSRecord, marshalIPNSRecord } from 'ipns'
import { ipnsSelector } from 'ipns/selector'
import { ipnsValidator } from 'ipns/validator'
import type { Contest, Line } from '../measure.ts'

const now = BigInt(Date.now()) * 1_000_000n
const value = '/ipfs/bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4'

function pair(number: number): Promise<KeyPair> {
  const seed = new Uint8Array(32)
  new DataView(seed.buffer).setUint32(0, number + 1)
  return keyPairFromSeed(seed)
}

const record = (signer: KeyPair, sequence: bigint, validity = now + hour): Promise<Uint8Array> =>
  createIpnsRecord({ value, sequence, validity }, { signer })

/** An engine without a verdict cache: each call verifies the signature. */
const uncachedEngine = (): ValidationEngine => new ValidationEngine([ipns()], { verdicts: 0 })

async function validating(keys: number): Promise<Contest> {
  const engine = uncachedEngine()
  const records = await Promise.all(
    Array.from({ length: keys }, async (_, number) => {
      const signer = await pair(number)
      return { key: ipnsRoutingKey(signer.peerId), value: await record(signer, 1n) }
    })
  )
  let ours = 0
  let theirs = 0
  return {
    ours: () => {
      const { key, value } = records[ours++ % keys] as (typeof records)[0]
      return engine.validate(key, value)
    },
    theirs: () => {
      const { key, value } = records[theirs++ % keys] as (typeof records)[0]
      return ipnsValidator(key, value)
    }
  }
}

/** How users of `ipns` process the answers of a look-up: validate one after another, then select. */
async function oneAfterAnother(key: Uint8Array, values: readonly Uint8Array[]): Promise<number> {
  const valid: Uint8Array[] = []
  for (const value of values) {
    try {
      await ipnsValidator(key, value)
      valid.push(value)
    } catch {
      // a forged answer is skipped
    }
  }
  return ipnsSelector(key, valid)
}

/** A thousand records of a hundred authors: concurrently on all cores, or one after another. */
async function batch(): Promise<Contest> {
  const engine = uncachedEngine()
  const records = await Promise.all(
    Array.from({ length: 1000 }, async (_, number) => {
      const signer = await pair(number % 100)
      return { key: ipnsRoutingKey(signer.peerId), value: await record(signer, BigInt(number)) }
    })
  )
  const gaps: number[] = []
  return {
    ours: async () => {
      let last = performance.now()
      let longest = 0
      const timer = setInterval(() => {
        const now = performance.now()
        longest = Math.max(longest, now - last)
        last = now
      }, 1)
      await validateMany(engine, records)
      clearInterval(timer)
      gaps.push(longest)
    },
    theirs: async () => {
      for (const { key, value } of records) await ipnsValidator(key, value)
    },
    after: () => {
      const median = gaps.toSorted((a, b) => a - b)[gaps.length >> 1] as number
      console.log(
        `      the event loop was blocked for at most ${median.toFixed(1)} ms, median of ${gaps.length} (target: 10)`
      )
    }
  }
}

async function resolving(distinct: number, forged = 0): Promise<Contest> {
  const signer = await pair(0)
  const other = await pair(1)
  const key = ipnsRoutingKey(signer.peerId)
  const good = await Promise.all(Array.from({ length: distinct }, (_, index) => record(signer, BigInt(index))))
  const values: Uint8Array[] = Array.from(
    { length: 20 - forged },
    (_, index) => new Uint8Array(good[index % distinct] ?? [])
  )
  for (let index = 0; index < forged; index++) values.push(await record(other, BigInt(1000 + index)))
  const engine = uncachedEngine()
  return { ours: () => resolveRecord(engine, key, values), theirs: () => oneAfterAnother(key, values) }
}

async function selecting(equal: boolean): Promise<Contest> {
  const signer = await pair(0)
  const key = ipnsRoutingKey(signer.peerId)
  const values = await Promise.all(
    Array.from({ length: 20 }, (_, index) => record(signer, equal ? 1n : BigInt(index), now + BigInt(index)))
  )
  const engine = uncachedEngine()
  return {
    ours: () => selectRecord(engine, key, values),
    theirs: () => ipnsSelector(key, values)
  }
}

async function signing(v1Compatible: boolean): Promise<Contest> {
  const signer = await pair(0)
  const privateKey = privateKeyFromProtobuf(exportPrivateKey(signer))
  let sequence = 0n
  return {
    ours: () => createIpnsRecord({ value, sequence: sequence++, validity: now + hour }, { signer, v1Compatible }),
    theirs: async () =>
      marshalIPNSRecord(await createIPNSRecord(privateKey, value, sequence++, 3_600_000, { v1Compatible }))
  }
}

export const ipnsLines: readonly Line[] = [
  {
    name: 'validate an IPNS record, key seen before',
    other: 'ipnsValidator',
    better: 'higher',
    target: 1.4,
    prepare: () => validating(1)
  },
  {
    name: 'validate an IPNS record, new key',
    other: 'ipnsValidator',
    better: 'higher',
    target: 1.15,
    prepare: () => validating(4000)
  },
  {
    name: 'validate 1,000 IPNS records as a batch',
    other: 'ipnsValidator',
    better: 'higher',
    target: 2.3,
    prepare: batch
  },
  {
    name: 'resolve 20 answers, identical',
    other: 'ipns, one by one',
    better: 'higher',
    target: 15,
    prepare: () => resolving(1)
  },
  {
    name: 'resolve 20 answers, 3 distinct',
    other: 'ipns, one by one',
    better: 'higher',
    target: 15,
    prepare: () => resolving(3)
  },
  {
    name: 'resolve 20 answers, 20 distinct',
    other: 'ipns, one by one',
    better: 'higher',
    target: 15,
    prepare: () => resolving(20)
  },
  {
    name: 'resolve 20 answers, the 5 best forged',
    other: 'ipns, one by one',
    better: 'higher',
    target: 3,
    prepare: () => resolving(3, 5)
  },
  {
    name: 'select among 20, distinct sequences',
    other: 'ipnsSelector',
    better: 'higher',
    target: 5,
    prepare: () => selecting(false)
  },
  {
    name: 'select among 20, equal sequences',
    other: 'ipnsSelector',
    better: 'higher',
    target: 15,
    prepare: () => selecting(true)
  },
  {
    name: 'sign an IPNS record, V1+V2',
    other: 'ipns create',
    better: 'higher',
    target: 2,
    prepare: () => signing(true)
  },
  {
    name: 'sign an IPNS record, V2-only',
    other: 'ipns create',
    better: 'higher',
    target: 2,
    prepare: () => signing(false)
  }
]
