import { libp2pMetrics } from '@recordkit/record-libp2p'
import { expect, test } from 'vitest'

test('metrics are reported to groups of libp2p, each registered once', () => {
  const calls: string[] = []
  const metrics = libp2pMetrics({
    registerCounterGroup: (name) => {
      calls.push(`register ${name}`)
      return { increment: (values) => calls.push(`${name} ${JSON.stringify(values)}`) }
    },
    registerHistogramGroup: (name) => {
      calls.push(`register ${name}`)
      return { observe: (values) => calls.push(`${name} ${JSON.stringify(values)}`) }
    }
  })
  metrics.count('record.put', { status: 'stale', namespace: 'ipns', code: 'STALE' })
  metrics.count('record.put', { status: 'stored', namespace: 'ipns' })
  metrics.observe('record.store.entries', 7, {})
  expect(calls).toEqual([
    'register recordkit_record_put',
    'recordkit_record_put {"stale ipns STALE":1}',
    'recordkit_record_put {"stored ipns":1}',
    'register recordkit_record_store_entries',
    'recordkit_record_store_entries {"all":7}'
  ])
})
