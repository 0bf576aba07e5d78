import { join } from 'node:path'
import process from 'node:process'
import { TokenBucketLimiter } from '@recordkit/record-access'
import { generateKeyPair } from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'
import { loadOrCreateSigner } from '@recordkit/record-crypto/key-files'
import { createRecordHandler } from '@recordkit/record-http'
import type { FindPeers, RecordHandlerOptions } from '@recordkit/record-http'
import { libp2pPeers } from '@recordkit/record-http/libp2p'
import { isRecordError } from '@recordkit/record-types'
import type { RecordStore } from '@recordkit/record-store'
import { keyAlgorithms } from '@recordkit/record-inspect'
import type { CommandArguments } from '../command-arguments.ts'
import type { CommandCode, CommandContext } from '../command.ts'
import { dataDirectory } from '../data-directory.node.ts'
import { exitStatus, failureOf } from '../failure.ts'
import { loadKey, openKeys } from '../keys.node.ts'
import { openStore } from '../open-store.node.ts'
import { adminRoutes } from './admin-routes.ts'
import type { AdminSource } from './admin-routes.ts'
import { parseHostAndPort, startHttpServer } from './http-server.node.ts'
import { createLog, logManager } from './log.ts'
import type { Log } from './log.ts'
import { nodeMetrics } from './node-metrics.node.ts'
import { keepConnected, parseAddresses, startDhtNode } from './node.ts'
import type { DhtNode } from './node.ts'
import { PrometheusMetrics } from './prometheus.ts'

/** ms that running requests may take after the process was asked to stop */
const stopTimeout = 10_000

/** `recordkit serve`: runs until it is interrupted, and then stops in order: no new requests, the node, the store. */
export const serve: CommandCode = async (args, context) => {
  const http = args.text('http')
  const admin = args.optionalText('admin')
  parseHostAndPort(http, 'http')
  if (admin !== undefined) parseHostAndPort(admin, 'admin')
  const bootstrap = parseAddresses(args.list('bootstrap'), 'bootstrap')
  const [listen, announce] = [args.list('listen'), args.list('announce')]
  parseAddresses(listen, 'listen')
  parseAddresses(announce, 'announce')
  const timeout = args.duration('timeout') ?? 30_000
  const perSecond = args.number('requests-per-second') ?? 0
  const maxRequests = args.number('max-requests', 1)
  const log = createLog(args.optionalText('log') ?? (context.isTerminal ? 'text' : 'json'), context)
  const stopping: (() => Promise<unknown> | void)[] = []
  try {
    const directory = await dataDirectory(args, context)
    const identity = await loadOrCreateSigner(join(directory, 'node.pem'), {
      algorithms: keyAlgorithms,
      generate: generateKeyPair
    })
    const signers = await loadSigners(args, context, log)
    const store = await openStore(args, context)
    stopping.push(() => store.close())
    const metrics = new PrometheusMetrics()
    const { node, stop } = await startDhtNode({
      identity,
      signers,
      store,
      directory: join(directory, 'node'),
      listen,
      announce,
      protocol: args.text('protocol'),
      isLan: args.flag('lan'),
      isClient: args.flag('client'),
      metrics
    })
    const { records } = node.services
    stopping.push(() => records.close(), stop)
    logManager(records.manager, log)
    stopping.push(keepConnected(node, bootstrap, log))
    const source = adminSource(node, store, metrics, context.signal)
    const handler = createRecordHandler({
      ...recordsOf(node, bootstrap.length === 0),
      ...peersOf(node),
      writable: !args.flag('read-only'),
      timeout,
      maxRequests,
      limiter: perSecond > 0 && new TokenBucketLimiter({ points: Math.ceil(2 * perSecond), duration: 2000 }),
      metrics,
      onError: (error, request) =>
        log('error', 'http:failed', { path: new URL(request.url).pathname, ...messageOf(error) })
    })
    const isBehindProxy = args.flag('trust-proxy')
    const main = await startHttpServer(
      admin === undefined ? adminRoutes(source, handler) : handler,
      http,
      'http',
      isBehindProxy
    )
    stopping.push(() => main.stop(stopTimeout))
    const other = admin === undefined ? main : await startHttpServer(adminRoutes(source), admin, 'admin', isBehindProxy)
    if (other !== main) stopping.push(() => other.stop(stopTimeout))
    const started = {
      peerId: node.peerId.toString(),
      addresses: node.getMultiaddrs().map(String),
      http: main.url,
      admin: other.url
    }
    log('info', 'started', { peerId: started.peerId, addresses: started.addresses.join(' '), http: main.url })
    await context.printLine(started, `${started.peerId} answers on ${main.url}; ctrl-C ends it`)
    await interruption(context.signal)
    log('info', 'stopping')
    return exitStatus.success
  } finally {
    await stopAll(stopping, log)
  }
}

/**
 * The records of a node for HTTP clients. A node without peers and without `--bootstrap` is not part of a DHT: it answers from its
 * store, and stores what clients put, without waiting for peers.
 */
function recordsOf(node: DhtNode, isStandalone: boolean): Pick<RecordHandlerOptions, 'manager' | 'network'> {
  const { manager, network } = node.services.records
  const isAlone = (): boolean => isStandalone && node.getPeers().length === 0
  return {
    manager: {
      getRecord: async (key, options) => manager.getRecord(key, isAlone() ? { ...options, offline: true } : options),
      receive: async (key, value, options) => manager.receive(key, value, options)
    },
    network: {
      put: async (key, value, options) =>
        isAlone() ? { copies: { requested: 0, reached: 0 }, peers: [] } : network.put(key, value, options)
    }
  }
}

/** What a node finds among its peers. Without one it has no one to ask, and the DHT would wait for the first. */
function peersOf(node: DhtNode): Pick<RecordHandlerOptions, 'providers' | 'peers' | 'closestPeers'> {
  const found = libp2pPeers(node)
  const unlessAlone =
    (find: FindPeers | undefined): FindPeers =>
    (id, options) =>
      node.getPeers().length === 0 ? [] : (find?.(id, options) ?? [])
  return { ...found, providers: unlessAlone(found.providers), closestPeers: unlessAlone(found.closestPeers) }
}

/** The last part that was started stops first. A part that fails does not prevent the others from stopping. */
async function stopAll(stopping: readonly (() => Promise<unknown> | void)[], log: Log): Promise<void> {
  for (const stop of stopping.toReversed()) {
    try {
      await stop()
    } catch (error) {
      log('error', 'stop:failed', messageOf(error))
    }
  }
}

async function interruption(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

/** All keys of the directory: each renews what it published. One that cannot be loaded is reported, and its records lapse. */
async function loadSigners(args: CommandArguments, context: CommandContext, log: Log): Promise<KeyPair[]> {
  const signers: KeyPair[] = []
  for (const { name } of await (await openKeys(args, context)).list()) {
    try {
      signers.push(await loadKey(name, args, context))
    } catch (error) {
      if (!isRecordError(error)) throw error
      log('warn', 'key:skipped', { key: name, ...messageOf(error) })
    }
  }
  return signers
}

function messageOf(error: unknown): { readonly code: string; readonly message: string } {
  const { code, message } = failureOf(error)
  return { code, message }
}

function adminSource(node: DhtNode, store: RecordStore, metrics: PrometheusMetrics, signal: AbortSignal): AdminSource {
  const collected = nodeMetrics(node)
  return {
    async health() {
      const { entries } = await store.stats()
      const peers = node.getPeers().length
      return {
        status: signal.aborted ? 'stopping' : 'ok',
        peers,
        records: entries,
        uptime: Math.floor(process.uptime())
      }
    },
    metrics: async () => metrics.text(collected)
  }
}
