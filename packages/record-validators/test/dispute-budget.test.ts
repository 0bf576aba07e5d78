import { createIpnsRecord, ed25519, keyPairFromSeed } from '@recordkit/record-crypto'
import { ipnsRoutingKey } from '@recordkit/record-codec'
import { hour, second } from '@recordkit/testing'
import type { Algorithm } from '@recordkit/record-types'
import { ipns, ValidationEngine } from '@recordkit/record-validators'
import { expect, test } from 'vitest'

test('an engine checks at most 1000 forged signatures at once, then 50 per second, for whether others accept them', async () => {
  let now = 1_790_000_000_000_000_000n
  let checks = 0
  const counting: Algorithm = {
    ...ed25519,
    verify: () => false,
    isDisputed() {
      checks++
      return false
    }
  }
  const engine = new ValidationEngine([ipns({ algorithms: [counting] })], { clock: () => now, verdicts: 0 })
  const restricted = engine.withAccess({ isBanned: () => false })
  const signer = await keyPairFromSeed(new Uint8Array(32).fill(1))
  const key = ipnsRoutingKey(signer.peerId)
  const value = await createIpnsRecord({ value: '/ipfs/bafkqaaa', sequence: 1n, validity: now + hour }, { signer, now })
  for (let count = 0; count < 1000; count++) await engine.validate(key, value)
  expect(checks).toBe(1000)
  expect(await restricted.validate(key, value)).toMatchObject({ status: 'ignore', code: 'SIGNATURE_DISPUTED' })
  now += second
  for (let count = 0; count < 100; count++) await restricted.validate(key, value)
  expect(checks).toBe(1050)
  now += second
  expect(await engine.validate(key, value)).toMatchObject({ status: 'reject', code: 'SIGNATURE_INVALID' })
})
