import { libp2pMetrics } from '@recordkit/record-libp2p'
import { expect, test } from 'vitest'

test('figures become groups of libp2p’s metrics, each registered once', () => {
  const seen: string[] = []
  const metrics = libp2pMetrics({
    registerCounterGroup: (name) => {
      seen.push(`register ${name}`)
      return { increment: (values) => seen.push(`${name} ${JSON.stringify(values)}`) }
    },
    registerHistogramGroup: (name) => {
      seen.push(`register ${name}`)
      return { observe: (values) => seen.push(`${name} ${JSON.stringify(values)}`) }
    }
  })
  metrics.count('record.put', { status: 'stale', namespace: 'ipns', code: 'STALE' })
  metrics.count('record.put', { status: 'stored', namespace: 'ipns' })
  metrics.observe('record.store.entries', 7, {})
  expect(seen).toEqual([
    'register recordkit_record_put',
    'recordkit_record_put {"stale ipns STALE":1}',
    'recordkit_record_put {"stored ipns":1}',
    'register recordkit_record_store_entries',
    'recordkit_record_store_entries {"all":7}'
  ])
})
