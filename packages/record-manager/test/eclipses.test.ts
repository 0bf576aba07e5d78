import type { Eclipse } from '@recordkit/record-types'
import { expect, test } from 'vitest'
import { bytes, createTestManager } from './test-manager.ts'

test('a read and a put of an eclipsed key dispatch an event and are counted', async () => {
  const counted: unknown[] = []
  const metrics = {
    count: (name: string, attributes: unknown) => void counted.push([name, attributes]),
    observe: () => undefined
  }
  const { manager, key, getCalls, putCalls } = await createTestManager({ metrics })
  const events: Eclipse[] = []
  manager.events.addEventListener('network:eclipsed', ({ detail }) => events.push(detail))
  await manager.put(key, bytes('green'))
  await manager.get(key, { noCache: true })
  expect([getCalls.length, putCalls.length]).toEqual([2, 1])
  const eclipse = { key, nodes: 1000, density: 20 }
  for (const { onEclipse } of [...getCalls, ...putCalls]) onEclipse?.(eclipse)
  expect(events).toEqual([eclipse, eclipse, eclipse])
  const [namespace] = new TextDecoder().decode(key).split('/').slice(1)
  expect(counted.filter((entry) => (entry as readonly unknown[])[0] === 'record.eclipses')).toEqual(
    Array.from({ length: 3 }, () => ['record.eclipses', { namespace }])
  )
})
