import { encodePublicKey, ipnsRoutingKey, joinRecordKey } from '@recordkit/record-codec'
import { keyPairFromSeed } from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'
import { testNamespace } from '@recordkit/record-conformance'
import type { Namespace } from '@recordkit/record-types'
import { growOnlySet, ipns, ownedKey, ownerInKey, publicKeys, signed } from '@recordkit/record-validators'
import { describe, test } from 'vitest'

const now = 1_790_000_000_000_000_000n
const text = (content: string): Uint8Array => new TextEncoder().encode(content)
const signer: KeyPair = await keyPairFromSeed(new Uint8Array(32).fill(61))

/** A namespace with values that it sealed, the lowest rank first. */
async function factoryFor(namespace: Namespace, key: Uint8Array, contents: readonly Uint8Array[]) {
  const values: Uint8Array[] = []
  for (const [index, content] of contents.entries()) {
    const value = await namespace.seal?.({ key, content, sequence: BigInt(index) }, { now, signer })
    if (value !== undefined) values.push(value)
  }
  const [content] = contents
  return {
    name: namespace.name,
    namespace,
    samples: values.map((value) => ({ key, value, now })),
    ordered: { key, values },
    ...(content === undefined ? {} : { sealing: { signer, key, content, now } })
  }
}

const paths = ['/ipfs/bafkqaaa', '/ipfs/bafkqaddwgevxmmraojswg33smq'].map(text)
testNamespace({ test, describe }, await factoryFor(ipns(), ipnsRoutingKey(signer.peerId), paths))
testNamespace(
  { test, describe },
  await factoryFor(
    signed('config', { authors: ownerInKey() }),
    ownedKey('config', signer.peerId, 'app'),
    ['green', 'blue'].map(text)
  )
)
testNamespace(
  { test, describe },
  await factoryFor(publicKeys(), joinRecordKey('pk', signer.peerId), [encodePublicKey(signer.publicKey)])
)

// a set is valid under any key, and sealing adds an element to the previous set
const tags: Namespace = growOnlySet('tags')
const key = joinRecordKey('tags', 'x')
const values: Uint8Array[] = []
for (const content of ['a', 'b', 'c'].map(text)) {
  const previous = values.at(-1)
  const draft = { key, content, sequence: 0n, previous }
  values.push((await tags.seal?.(draft, { now, signer })) ?? new Uint8Array(0))
}
testNamespace(
  { test, describe },
  {
    name: 'tags',
    namespace: tags,
    bound: false,
    samples: values.map((value) => ({ key, value, now })),
    ordered: { key, values },
    merging: { key, values }
  }
)
