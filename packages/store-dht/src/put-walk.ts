import { isRecordError } from '@recordkit/record-types'
import type { Clock, PeerId, RoutingAck, RoutingPutOptions, SetTimer } from '@recordkit/record-types'
import { anySignal, mapKey, takeUntilAborted } from '@recordkit/record-types/internal'
import type { PeerId as Libp2pPeerId } from '@libp2p/interface'
import { ConcurrencyLimit } from './concurrency-limit.ts'
import { closestCount, ClosestPeers } from './closest-peers.ts'
import type { Contact } from './closest-peers.ts'
import type { ClosestEvent } from './closest-walk.ts'
import { copyPeerId } from './copied-peer-id.ts'
import { distanceBetween, kademliaId } from './kademlia-id.ts'
import type { EclipseGuard } from './eclipse-guard.ts'
import type { KnownRegions } from './known-regions.ts'
import { OpenStreams } from './open-streams.ts'
import { putValue } from './put-value.ts'
import type { ProtocolDialer } from './rpc.ts'
import { stallTime } from './stall-time.ts'
import { startTimeout } from './timeout.ts'
import { WaitingQueue } from './waiting-queue.ts'

/** What a put among the peers of kad-dht uses. */
export interface PutWalkParts {
  /** the events of a walk to the peers closest to a key, such as those of kad-dht's `getClosestPeers` */
  readonly findClosest: (
    key: Uint8Array,
    options: { readonly signal: AbortSignal; readonly streams: OpenStreams }
  ) => AsyncIterable<ClosestEvent>
  readonly dialer: ProtocolDialer<Libp2pPeerId>
  readonly protocol: string
  /** the bytes of a peer ID; the peer can be addressed from now on */
  readonly bytesOf: (peer: Libp2pPeerId) => PeerId
  readonly regions: KnownRegions<Libp2pPeerId>
  /** without it, a put does not look for peers of the region around a key near which peer IDs were generated */
  readonly guard?: EclipseGuard | undefined
  readonly clock: Clock
  readonly setTimer: SetTimer
}

/** ms for which one peer may take to store a value: it has just answered the walk */
const storeTimeout = 5000
/** ms: after this time without a closer answer, peers that have not answered are not waited for any more */
const patience = 5000
/** peers that a value is sent to at a time: with all of them at once, enough copies would arrive as late as the last */
const concurrency = 10

/**
 * Puts a value to the 20 peers closest to its key, as kad-dht's `put` does, without its waits for peers that do not respond: the value
 * is sent as soon as 16 of the 20 closest peers have answered, or the walk has stalled, and to each later one when it answers. Ends
 * when the walk has ended and all have answered.
 */
export async function* putToClosest(
  key: Uint8Array,
  value: Uint8Array,
  parts: PutWalkParts,
  options: RoutingPutOptions = {}
): AsyncGenerator<RoutingAck> {
  options.signal?.throwIfAborted()
  const ended = new AbortController()
  const signal = options.signal === undefined ? ended.signal : anySignal([options.signal, ended.signal])
  const walk = new PutWalk(key, value, parts, options, signal)
  walk.run().then(
    () => walk.acks.end(),
    (error: unknown) => walk.acks.fail(error)
  )
  try {
    yield* walk.acks
  } finally {
    ended.abort()
    walk.close()
  }
}

class PutWalk {
  readonly acks = new WaitingQueue<RoutingAck>()
  readonly #key: Uint8Array
  readonly #value: Uint8Array
  readonly #parts: PutWalkParts
  readonly #options: RoutingPutOptions
  readonly #signal: AbortSignal
  readonly #peers = new ClosestPeers<Libp2pPeerId>()
  readonly #sent = new Map<string, Promise<RoutingAck>>()
  readonly #sending = new ConcurrencyLimit(concurrency)
  /** of the closest peers that answered, by their names */
  readonly #streams = new OpenStreams()
  /** aborts when the walk ends before its last peer has answered */
  readonly #walked = new AbortController()
  #cancelTimers = (): void => undefined

  constructor(
    key: Uint8Array,
    value: Uint8Array,
    parts: PutWalkParts,
    options: RoutingPutOptions,
    signal: AbortSignal
  ) {
    this.#key = key
    this.#value = value
    this.#parts = parts
    this.#options = options
    this.#signal = signal
  }

  /** Closes the streams that are still open. */
  close(): void {
    this.#streams.close()
  }

  /** Resolves when every peer has answered. @throws the error of the walk, after every peer has answered */
  async run(): Promise<void> {
    const id = await kademliaId(this.#key)
    if (this.#options.reuseWalks === true && (await this.#putToKnown(id))) return
    let failure: { readonly error: unknown } | undefined
    try {
      const signal = anySignal([this.#signal, this.#walked.signal])
      const options = { signal, streams: this.#streams }
      let isCut = false
      for await (const event of takeUntilAborted(this.#parts.findClosest(this.#key, options), signal)) {
        isCut ||= event.name === 'STALLED'
        await this.#see(event, id)
      }
      isCut ||= this.#walked.signal.aborted
      if (!this.#signal.aborted && this.#peers.isComplete && (!isCut || this.#peers.ready.length > 0))
        this.#parts.regions.add(id, this.#peers.closestAnswered.map(withCopiedId))
    } catch (error) {
      failure = { error }
    } finally {
      this.#cancelTimers()
    }
    const closest = this.#peers.closestAnswered
    this.#send(closest, closest.length)
    this.#streams.keepOnly(closest)
    await this.#sendToRegion(id, closest, true)
    await Promise.all(this.#sent.values())
    this.#options.signal?.throwIfAborted()
    if (failure !== undefined) throw failure.error
  }

  /** Puts to peers of earlier walks, where these include the closest ones. Returns whether most of them stored the value. */
  async #putToKnown(id: number): Promise<boolean> {
    const { regions } = this.#parts
    const closest = regions.closest(id)
    if (closest === undefined) return false
    this.#send(closest, closest.length)
    let failed = 0
    for (const [name, ack] of this.#sent) {
      if ((await ack).status === 'stored') continue
      failed++
      regions.forget(name)
    }
    if (failed <= closest.length / 4) {
      await this.#sendToRegion(id, closest, false)
      await Promise.all(this.#sent.values())
      return true
    }
    // the network has changed
    regions.forgetAll()
    return false
  }

  /** Puts to the peers of the region around the key too, when IDs were generated near it. Never rejects. */
  async #sendToRegion(id: number, closest: readonly Contact<Libp2pPeerId>[], isLookUp: boolean): Promise<void> {
    const { onEclipse } = this.#options
    const distances = closest.map(({ distance }) => distance)
    const options = { signal: this.#signal, onEclipse, isLookUp }
    const members = await this.#parts.guard?.membersNear(this.#key, id, distances, options).catch(() => [])
    if (members !== undefined && members.length > 0) this.#send(members, members.length)
  }

  async #see(event: ClosestEvent, id: number): Promise<void> {
    const now = this.#parts.clock()
    if (event.name === 'DIAL_PEER' || event.name === 'NOT_ASKED') {
      const name = await this.#hear(event.peer, id)
      if (event.name === 'NOT_ASKED') this.#peers.reserved(name)
      else this.#peers.asked(name, now)
      return
    }
    if (event.name === 'QUERY_ERROR') this.#peers.failed(mapKey(event.from.toMultihash().bytes))
    else if (event.name === 'PEER_RESPONSE') await this.#answered(event, id, now)
    else return
    const { ready } = this.#peers
    if (ready.length > 0) this.#send(ready, this.#peers.closest.length)
  }

  async #answered(
    { from, closer, stream }: Extract<ClosestEvent, { name: 'PEER_RESPONSE' }>,
    id: number,
    now: bigint
  ): Promise<void> {
    const name = await this.#hear(from, id)
    const isProgress = this.#peers.answered(name, now)
    if (stream !== undefined) this.#streams.add(name, stream)
    if (isProgress) this.#streams.keepOnly(this.#peers.closestAnswered)
    // kad-dht asks only those that are closer than the peer that names them
    const distance = this.#peers.distanceOf(name) ?? 0
    for (const { id: peer } of closer.slice(0, closestCount)) await this.#hear(peer, id, distance)
    if (isProgress) this.#watchForStall()
  }

  /** Returns the name of a peer, and adds it to those that were heard of if it is closer than `within`. */
  async #hear(peer: Libp2pPeerId, id: number, within = Number.POSITIVE_INFINITY): Promise<string> {
    const { bytes } = peer.toMultihash()
    const name = mapKey(bytes)
    if (this.#peers.has(name)) return name
    const peerId = await kademliaId(bytes)
    const distance = distanceBetween(id, peerId)
    if (distance < within) this.#peers.heard({ peer, name, id: peerId, distance })
    return name
  }

  #watchForStall(): void {
    this.#cancelTimers()
    const { setTimer } = this.#parts
    const stall = stallTime(this.#peers.medianTime)
    const cancels = [
      setTimer(() => this.#send(this.#peers.closestAnswered, this.#peers.closest.length), stall),
      setTimer(() => this.#walked.abort(), Math.max(patience, 2 * stall))
    ]
    this.#cancelTimers = () => cancels.forEach((cancel) => cancel())
  }

  /** Sends the value to each peer once. @param found - number of peers that it is for */
  #send(contacts: readonly Contact<Libp2pPeerId>[], found: number): void {
    if (this.#signal.aborted) return
    for (const contact of contacts)
      if (!this.#sent.has(contact.name))
        this.#sent.set(
          contact.name,
          this.#sending.run(() => this.#sendTo(contact))
        )
    this.#options.onFound?.(Math.max(found, this.#sent.size))
  }

  async #sendTo({ peer, name }: Contact<Libp2pPeerId>): Promise<RoutingAck> {
    const timeout = startTimeout(storeTimeout, this.#signal, this.#parts.setTimer)
    const record = { key: this.#key, value: this.#value }
    const { dialer, protocol } = this.#parts
    const from = this.#parts.bytesOf(peer)
    const put = (over: ProtocolDialer<Libp2pPeerId>): Promise<RoutingAck> =>
      putValue({ dialer: over, protocol }, peer, from, record, timeout)
    const stream = this.#streams.take(name)
    let ack = await put(stream === undefined ? dialer : { dialProtocol: async () => stream })
    // some implementations serve one request per stream
    if (stream !== undefined && isRecordError(ack.error, 'ROUTING_FAILED')) ack = await put(dialer)
    timeout.cancel()
    this.acks.push(ack)
    return ack
  }
}

/** A contact that can be kept. Its ID has answered, so that it is not too long. */
function withCopiedId(contact: Contact<Libp2pPeerId>): Contact<Libp2pPeerId> {
  return { ...contact, peer: copyPeerId(contact.peer) ?? contact.peer }
}
