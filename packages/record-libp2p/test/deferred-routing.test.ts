import type { RecordRouting } from '@recordkit/record-types'
import { expect, test } from 'vitest'
import { DeferredRouting } from '../src/deferred-routing.ts'

const [peer, key] = [Uint8Array.of(1), Uint8Array.of(2)]

test('a single peer is asked by the routing of the node, when that can address it', async () => {
  const routing = new DeferredRouting()
  await expect(routing.getFromPeer(peer, key)).rejects.toMatchObject({ code: 'ROUTING_FAILED' })
  const answer = { from: peer, value: Uint8Array.of(3) }
  routing.bind(() => ({ getFromPeer: async () => answer }) as unknown as RecordRouting)
  expect(await routing.getFromPeer(peer, key)).toBe(answer)
  routing.bind(() => ({}) as unknown as RecordRouting)
  expect(await routing.getFromPeer(peer, key)).toMatchObject({ from: peer, error: { code: 'ROUTING_FAILED' } })
})

test('an announcement is ended although the node is stopped, because no peer is asked', async () => {
  const routing = new DeferredRouting()
  const calls: unknown[] = []
  routing.bind(
    () => ({ cancelProvide: async (...call: unknown[]) => void calls.push(call) }) as unknown as RecordRouting
  )
  routing.stop()
  await routing.cancelProvide(key)
  expect(calls).toEqual([[key, undefined]])
  routing.bind(() => ({}) as unknown as RecordRouting)
  await routing.cancelProvide(key)
})
