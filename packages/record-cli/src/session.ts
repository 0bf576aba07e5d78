import { multiaddr } from '@multiformats/multiaddr'
import { RecordManager, replication } from '@recordkit/record-manager'
import type { ReplicationReceipt, Signer } from '@recordkit/record-types'
import type { ValidationEngine } from '@recordkit/record-validators'
import { DhtRecordStore } from '@recordkit/store-dht'
import { delegatedRouting } from '@recordkit/store-dht/delegated'
import { createEngine } from '@recordkit/record-inspect'
import type { CommandArguments } from './command-arguments.ts'
import type { CommandOption } from './command.ts'
import type { CommandIo } from './command-io.ts'
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

/** A manager on the store of the options, and the servers of the options as its network. */
export interface Session {
  readonly manager: RecordManager
  readonly engine: ValidationEngine
  /** whether there are servers to ask */
  readonly hasNetwork: boolean
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
  const routing = delegatedRouting(endpoints, { parseAddress: (text) => multiaddr(text).bytes })
  const network = new DhtRecordStore({ routing, engine, timeout })
  const store = await openStore(args, io)
  const manager = new RecordManager({
    engine,
    store,
    signer,
    network: endpoints.length === 0 ? undefined : replication(network)
  })
  try {
    return await work({ manager, engine, hasNetwork: endpoints.length > 0, timeout })
  } finally {
    await network.settled()
    await manager.close()
  }
}

/** How many servers stored a record, for people. */
export function serversText(receipt: ReplicationReceipt | undefined): string {
  const count = receipt?.copies.reached ?? 0
  return count === 1 ? '1 server' : `${count} servers`
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
