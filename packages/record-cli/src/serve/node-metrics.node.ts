import process from 'node:process'
import { readVersion } from '../version.node.ts'
import type { DhtNode } from './node.ts'
import type { CollectedMetric } from './prometheus.ts'

/** The metrics of a node and its process, beside those of its records. Those of the process have the names of Prometheus' own clients. */
export function nodeMetrics(node: DhtNode): readonly CollectedMetric[] {
  const { routingTable } = node.services.dht as unknown as { readonly routingTable?: { readonly size: number } }
  const started = Date.now() / 1000 - process.uptime()
  return [
    {
      name: 'recordkit_node_peers',
      type: 'gauge',
      description: 'Peers that are connected.',
      read: () => node.getPeers().length
    },
    {
      name: 'recordkit_node_routing_table_peers',
      type: 'gauge',
      description: 'Peers in the routing table of the DHT.',
      read: () => routingTable?.size ?? 0
    },
    {
      name: 'recordkit_build_info',
      type: 'gauge',
      description: 'The version, with the value 1.',
      labels: { version: readVersion() },
      read: () => 1
    },
    {
      name: 'process_start_time_seconds',
      type: 'gauge',
      description: 'Start time of the process since the Unix epoch.',
      read: () => started
    },
    {
      name: 'process_cpu_seconds_total',
      type: 'counter',
      description: 'CPU time of the process.',
      read: () => {
        const { user, system } = process.cpuUsage()
        return (user + system) / 1e6
      }
    },
    {
      name: 'process_resident_memory_bytes',
      type: 'gauge',
      description: 'Resident memory of the process.',
      read: () => process.memoryUsage.rss()
    }
  ]
}
