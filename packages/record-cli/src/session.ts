import { multiaddr } from '@multiformats/multiaddr'
import { RecordManager, replication } from '@recordkit/record-manager'
import type { RecordNetwork, ReplicationReceipt, Signer } from '@recordkit/record-types'
import type { ValidationEngine } from '@recordkit/record-validators'
import { DhtRecordStore } from '@recordkit/store-dht'
import { delegatedRouting } from '@recordkit/store-dht/delegated'
import { createEngine } from '@recordkit/record-inspect'
import type { CommandArguments } from './command-arguments.ts'
import type { CommandOption } from './command.ts'
import type { CommandIo } from './command-io.ts'
import { usageError } from './failure.ts'
import type { JsonObject } from './output.ts'
import { openStore, storeOptions } from './open-store.node.ts'

/** Options of commands that ask or tell servers. */
export const networkOptions: Readonly<Record<'endpoint' | 'timeout', CommandOption>> = {
  endpoint: {
    type: 'list',
    describe:
      'the URL of a Delegated Routing server, such as recordkit serve; can be repeated. Without it only the store is used',
    env: true
  },
  timeout: { type: 'text', describe: 'how long servers may take, such as 30s', default: '30s', env: true }
}

export const sessionOptions: Readonly<Record<string, CommandOption>> = { ...storeOptions, ...networkOptions }

/** Options of commands that publish. */
export const publishOptions: Readonly<Record<string, CommandOption>> = {
  ...sessionOptions,
  later: { type: 'flag', describe: 'recordkit serve on this store publishes it, now or at its next start' }
}

/** A network that has no peers yet: what is put is stored as a publication that was not published. */
const laterNetwork: RecordNetwork = {
  get: async () => undefined,
  async put() {
    const receipt = { copies: { requested: 0, reached: 0 }, peers: [] }
    return { ...receipt, complete: Promise.resolve(receipt) }
  }
}

/** A manager on the store of the options, and the servers of the options as its network. */
export interface Session {
  readonly manager: RecordManager
  readonly engine: ValidationEngine
  /** whether there are servers to ask */
  readonly hasNetwork: boolean
  /** whether `recordkit serve` publishes what is put */
  readonly isLater: boolean
  /** ms */
  readonly timeout: number
}

/** Runs `work` with a manager, and closes the store whatever happens. */
export async function withSession<Result>(
  args: CommandArguments,
  io: CommandIo,
  signer: Signer | undefined,
  work: (session: Session) => Promise<Result>
): Promise<Result> {
  const engine = createEngine()
  const endpoints = args.list('endpoint')
  const timeout = args.duration('timeout') ?? 30_000
  const isLater = args.flag('later')
  if (isLater && endpoints.length > 0) throw usageError('--later and --endpoint exclude each other')
  const routing = delegatedRouting(endpoints, { parseAddress: (text) => multiaddr(text).bytes })
  const network = new DhtRecordStore({ routing, engine, timeout })
  const store = await openStore(args, io)
  const manager = new RecordManager({
    engine,
    store,
    signer,
    network: isLater ? replication(laterNetwork) : endpoints.length === 0 ? undefined : replication(network)
  })
  try {
    return await work({ manager, engine, hasNetwork: endpoints.length > 0, isLater, timeout })
  } finally {
    await network.settled()
    await manager.close()
  }
}

/** Where a record was stored, for people. */
export function placeText({ hasNetwork, isLater }: Session, receipt: ReplicationReceipt | undefined): string {
  if (isLater) return 'here; recordkit serve publishes it'
  if (!hasNetwork) return 'here only; pass --endpoint to publish it'
  const count = receipt?.copies.reached ?? 0
  return count === 1 ? 'on 1 server' : `on ${count} servers`
}

/** The receipt of a put, for programs. */
export function receiptFields(receipt: ReplicationReceipt | undefined): JsonObject {
  if (receipt === undefined) return { copies: null, servers: null }
  const text = new TextDecoder()
  return {
    copies: receipt.copies.reached,
    servers: receipt.peers.map(({ from, status, error }) => ({
      server: text.decode(from),
      status,
      error: error instanceof Error ? error.message : null
    }))
  }
}
