import { RecordError } from '@recordkit/record-types'
import { checkAccess, checkClock, checkFunction, checkOptions } from '@recordkit/record-types/internal'
import type { RecordsOptions } from './integration.ts'

/** Checks the options of the records of a node. @throws RecordError `INVALID_ARGUMENT` naming the option */
export function checkRecordsOptions(options: RecordsOptions): void {
  // a service factory receives the components of its node
  if ((options as { readonly peerId?: unknown } | null | undefined)?.peerId !== undefined)
    throw new RecordError(
      'INVALID_ARGUMENT',
      'records received the components of a node instead of options: it was passed to `services` without being called; write `records: records()`'
    )
  checkOptions(options, {
    engine: 0,
    store: 0,
    signer: 0,
    signers: 0,
    access: 0,
    dht: 0,
    network: 0,
    republish: 0,
    inbound: 0,
    groupOf: 0,
    trustClock: 0,
    sweepInterval: 0,
    metrics: 0,
    onResult: 0,
    clock: 0,
    setTimer: 0
  })
  const { access, clock, dht, network, onResult } = options
  checkAccess(access)
  checkClock(clock)
  if (dht !== undefined && dht !== false)
    checkOptions(dht, { service: 0, protocol: 0, datastorePrefix: 0, maxProviderEntries: 0 }, 'dht')
  if (network !== undefined)
    checkOptions(network, { quorum: 0, copies: 0, timeout: 0, maxRepairs: 0, reads: 0, random: 0 }, 'network')
  if (onResult !== undefined) checkFunction(onResult, 'onResult')
}
