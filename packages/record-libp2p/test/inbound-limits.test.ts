import { StreamResetEvent } from '@libp2p/interface'
import type { Connection, ConnectionGater, Stream, StreamHandler, StreamHandlerOptions } from '@libp2p/interface'
import { FakeTimers } from '@recordkit/record-conformance'
import { PeerScores } from '@recordkit/record-access'
import { createRecordComponents } from '@recordkit/record-libp2p'
import type { RecordsOptions, InboundLimitsOptions } from '@recordkit/record-libp2p'
import { RecordError } from '@recordkit/record-types'
import type { AccessControl } from '@recordkit/record-types'
import { second } from '@recordkit/testing'
import { ownerInKey, signed, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { describe, expect, test } from 'vitest'
import { fakePeer, FakeStream } from './fake-node.ts'

class FakeConnection {
  status = 'open'
  readonly remotePeer: Connection['remotePeer']

  constructor(peer: number) {
    this.remotePeer = fakePeer(peer)
  }

  abort(): void {
    this.status = 'aborted'
  }
}

/** The limits of a node, and the streams and messages that reach its kad-dht. */
function node(inbound: InboundLimitsOptions | false, rest: Partial<RecordsOptions> = {}, maxInboundStreams = 32) {
  const time = new FakeTimers()
  const { clock, setTimer } = time
  const engine = new ValidationEngine([signed('config', { authors: ownerInKey() })], { clock })
  const components = createRecordComponents({
    engine,
    store: new MemoryRecordStore({ clock }),
    inbound,
    clock,
    setTimer,
    ...rest
  })
  const read: Stream[] = []
  const messages: number[] = []
  let failure: Error | undefined
  let limitedHandler: StreamHandler | undefined
  const registrar = {
    name: 'the node',
    async handle(_protocol: string, handler: StreamHandler, _options?: StreamHandlerOptions) {
      limitedHandler = handler
    },
    getProtocols() {
      return [this.name]
    }
  }
  const make = components.limitInbound((nodeComponents: { readonly registrar: typeof registrar }) => {
    // other methods of the registrar are those of the node
    expect(nodeComponents.registrar.getProtocols()).toEqual(['the node'])
    const reader: StreamHandler = (stream) => {
      read.push(stream)
      stream.addEventListener('message', ({ data }) => messages.push(data.byteLength))
      if (failure !== undefined) stream.abort(failure)
    }
    void nodeComponents.registrar.handle('/kad', reader, { maxInboundStreams })
  })
  make({ registrar })
  const gater = components.connectionGater()
  return {
    time,
    components,
    read,
    messages,
    failWith: (error: Error | undefined) => {
      failure = error
    },
    open(peer = 1, connection = new FakeConnection(peer)) {
      const stream = new FakeStream()
      void limitedHandler?.(stream as unknown as Stream, connection as unknown as Connection)
      return { stream, connection }
    },
    denied: async (peer = 1) => {
      const remotePeer = fakePeer(peer)
      return [
        await gater.denyInboundEncryptedConnection?.(remotePeer, undefined as never),
        await gater.denyDialPeer?.(remotePeer)
      ]
    }
  }
}

const forgery = new RecordError('SIGNATURE_INVALID', 'forged', { details: { status: 'reject' } })
const older = new RecordError('STALE', 'older', { details: { status: 'ignore' } })
const settled = async (): Promise<void> => new Promise((resolve) => setTimeout(resolve))

describe('the messages and streams of one peer', () => {
  test('streams of a peer above its rate wait in order, and do not delay those of other peers', async () => {
    const { time, read, open } = node({ messagesPerSecond: 10, burst: 2 })
    const streams = Array.from({ length: 5 }, () => open().stream)
    expect(read).toHaveLength(2)
    open(2)
    expect(read).toHaveLength(3)
    await time.advance(second / 10n)
    expect(read.slice(3)).toEqual([streams[2]])
    await time.advance(second)
    expect(read).toHaveLength(6)
  })

  test('messages after the first of a stream count against the rate, and are delayed', async () => {
    const { time, messages, open } = node({ messagesPerSecond: 10, burst: 2 })
    const { stream } = open()
    stream.send(2, 8, 5)
    stream.send(2, 8, 5)
    expect(messages).toEqual([3, 3])
    stream.send(3, 18, 1, 7)
    stream.send(4, 18)
    stream.send(2, 7, 7)
    expect(messages).toEqual([3, 3])
    await time.advance(second)
    // kad-dht receives whole messages
    expect(messages).toEqual([3, 3, 4, 5])
  })

  test('a stream that sends more messages at once than may wait is reset unread', () => {
    const { messages, open } = node({ messagesPerSecond: 10, burst: 2, maxStreams: 4 })
    const { stream } = open()
    stream.send(...Array.from({ length: 20 }, () => [1, 7]).flat())
    expect(messages).toEqual([])
    expect(stream.reason).toMatchObject({ code: 'RATE_LIMITED' })
  })

  test('a stream of which more than 4096 chunks wait is reset', async () => {
    const { time, messages, open } = node({ messagesPerSecond: 10, burst: 1 })
    const { stream } = open()
    stream.send(2, 8, 5)
    // a delayed message of 100,000 bytes, each in a chunk of its own
    stream.send(0xa0, 0x8d, 0x06)
    for (let chunk = 1; chunk < 4096; chunk++) stream.send(7)
    expect(stream.status).toBe('open')
    stream.send(7)
    expect(stream.reason).toMatchObject({ code: 'RATE_LIMITED' })
    await time.advance(second)
    expect(messages).toEqual([3])
  })

  test('a stream that sends one message in more than 4096 chunks is reset, and does not change a score', () => {
    const { messages, open } = node({ banThreshold: -1 })
    const { stream } = open()
    const { stream: other } = open()
    // two messages, the second of 20,000 bytes
    stream.send(2, 8, 5, 0xa0, 0x9c, 0x01)
    for (let chunk = 0; chunk < 4096; chunk++) stream.send(7)
    expect(stream.status).toBe('open')
    const before = messages.length
    stream.send(7)
    expect(stream.reason).toMatchObject({ code: 'RATE_LIMITED' })
    expect(messages).toHaveLength(before)
    expect(other.status).toBe('open')
  })

  test('a stream that throws when it is reset does not end the process', () => {
    const { open } = node({ messagesPerSecond: 10, burst: 2, maxStreams: 4 })
    const { stream } = open()
    stream.abort = () => {
      throw new Error('already closing')
    }
    expect(() => stream.send(...Array.from({ length: 20 }, () => [1, 7]).flat())).not.toThrow()
    expect(() => stream.send(0xff, 0xff, 0xff, 0xff, 0x7f)).not.toThrow()
  })

  test('streams above maxStreams are reset, and another can be opened when one closes', () => {
    const { read, open } = node({ maxStreams: 3 })
    const streams = Array.from({ length: 4 }, () => open().stream)
    expect(streams.map(({ reason }) => reason)).toMatchObject([
      undefined,
      undefined,
      undefined,
      { code: 'RATE_LIMITED' }
    ])
    streams[0]?.abort(new Error('done'))
    expect(open().stream.status).toBe('open')
    expect(read).toHaveLength(4)
  })

  test('at most three quarters of the inbound streams that libp2p accepts are open per peer', () => {
    const { open } = node({}, {}, 8)
    const streams = Array.from({ length: 7 }, () => open().stream)
    expect(streams.map(({ status }) => status)).toEqual([...Array.from({ length: 6 }, () => 'open'), 'aborted'])
  })

  test('data that arrives after a delayed message does not overtake it', async () => {
    const { time, messages, open } = node({ messagesPerSecond: 10, burst: 1 })
    const { stream } = open()
    stream.send(2, 8, 5)
    stream.send(4, 18)
    time.now += second
    stream.send(2, 7, 7, 2)
    expect(messages).toEqual([3])
    await time.advance(second)
    expect(messages).toEqual([3, 5])
  })

  test('a stream that is reset while it waits is not handled', async () => {
    const { time, read, open } = node({ burst: 1 })
    open()
    open().stream.abort(new Error('gone'))
    await time.advance(second)
    expect(read).toHaveLength(1)
  })

  test('a message whose length exceeds the limit is refused unread', () => {
    const { messages, open } = node({})
    const { stream } = open()
    stream.send(0x80, 0x80, 0x80, 0x80, 0x04, 1, 2, 3)
    expect(stream.reason).toMatchObject({ code: 'VALUE_TOO_LARGE' })
    expect(messages).toEqual([])
  })
})

describe('the ban of a peer', () => {
  test('a peer is disconnected after eleven forgeries, and neither accepted nor dialled for a minute', async () => {
    const { time, open, failWith, denied } = node({})
    failWith(forgery)
    const sent = Array.from({ length: 10 }, () => open())
    await settled()
    expect(sent.every(({ connection }) => connection.status === 'open')).toBe(true)
    expect(await denied()).toEqual([false, false])
    const { connection } = open()
    await settled()
    expect(connection.status).toBe('aborted')
    expect(await denied()).toEqual([true, true])
    expect(await denied(2)).toEqual([false, false])
    expect(open().stream.reason).toMatchObject({ code: 'SENDER_BANNED' })
    await time.advance(61n * second)
    expect(await denied()).toEqual([false, false])
  })

  test('a peer is banned again for its next forgery after a ban', async () => {
    const { time, open, failWith, denied } = node({})
    failWith(forgery)
    for (let sent = 0; sent < 11; sent++) open()
    await time.advance(61n * second)
    open()
    expect(await denied()).toEqual([true, true])
  })

  test('bytes that are not a message, slow peers and disconnected peers do not count as forgeries', async () => {
    const named = (name: string): Error => Object.assign(new Error(name), { name })
    for (const name of [
      'InvalidMessageError',
      'InvalidMessageLengthError',
      'InvalidParametersError',
      'RangeError',
      'TimeoutError',
      'UnexpectedEOFError',
      'StreamResetError'
    ]) {
      const { time, open, failWith, denied } = node({})
      failWith(named(name))
      for (let sent = 0; sent < 20; sent++) open()
      await time.advance(second)
      expect(await denied(), name).toEqual([false, false])
    }
  })

  test('decisions of this node do not count as forgeries', async () => {
    const { time, open, failWith, denied } = node({})
    for (const code of ['SENDER_SCORE_LOW', 'RATE_LIMITED', 'AUTHOR_DENIED', 'QUOTA']) {
      failWith(new RecordError(code, 'local', { details: { status: 'reject' } }))
      for (let sent = 0; sent < 20; sent++) open()
      await time.advance(second)
    }
    expect(await denied()).toEqual([false, false])
  })

  test('a ban outlives the table of tracked peers, however many peers are active meanwhile', async () => {
    const { open, failWith, denied } = node({ maxTrackedPeers: 3 })
    failWith(forgery)
    for (let sent = 0; sent < 11; sent++) open(1)
    failWith(undefined)
    for (let peer = 2; peer < 200; peer++) open(peer)
    expect(await denied(1)).toEqual([true, true])
  })

  test('the open streams of a peer are counted, however many peers are active meanwhile', () => {
    const { open } = node({ maxTrackedPeers: 3, maxStreams: 2 })
    open(1)
    open(1)
    for (let peer = 2; peer < 200; peer++) open(peer)
    expect(open(1).stream.reason).toMatchObject({ code: 'RATE_LIMITED' })
  })

  test('errors with which the peer resets its streams do not count against it', async () => {
    const { time, open, denied } = node({})
    for (let sent = 0; sent < 20; sent++)
      open().stream.dispatchEvent(new StreamResetEvent(new RangeError('reset by the peer')))
    await time.advance(second)
    expect(await denied()).toEqual([false, false])
  })

  test('a peer that sends many older records is not banned', async () => {
    const { time, open, failWith, denied } = node({})
    failWith(older)
    for (let sent = 0; sent < 500; sent++) {
      open()
      await time.advance(second / 20n)
    }
    expect(await denied()).toEqual([false, false])
  })

  test('a peer is banned for more resets than maxResetsPerMinute, and not for as many each minute', async () => {
    const { time, open, denied } = node({ maxStreams: 1, maxResetsPerMinute: 10 })
    for (let sent = 0; sent < 10; sent++) open()
    await time.advance(60n * second)
    for (let sent = 0; sent < 10; sent++) open()
    expect(await denied()).toEqual([false, false])
    open()
    expect(await denied()).toEqual([true, true])
  })

  test('a peer that the access control bans is banned from the start', async () => {
    const { open, denied } = node({}, { access: { isBanned: ([, , peer]) => peer === 1 } })
    expect(await denied()).toEqual([true, true])
    expect(open().stream.status).toBe('aborted')
    expect(open(2).stream.status).toBe('open')
  })

  test('the access control receives the result of each refused message', () => {
    const reports: string[] = []
    const access: AccessControl = { report: (_peer, status) => void reports.push(status) }
    const { open, failWith } = node({}, { access })
    failWith(forgery)
    open()
    failWith(older)
    open()
    expect(reports).toEqual(['reject', 'ignore'])
  })
})

describe('the work that a peer causes', () => {
  test('messages of a peer that caused 100 ms of fruitless work are dropped unread, and 1 % of a core is refilled', async () => {
    const scores = new PeerScores({ weights: { ignore: -0.1 }, clock: () => 0n })
    const { time, read, open, failWith, denied } = node({ messagesPerSecond: 1e9, burst: 1e9, scores })
    failWith(older)
    // 500 µs each
    for (let sent = 0; sent < 200; sent++) expect(open().stream.reason).toBe(older)
    failWith(undefined)
    const before = scores.score(fakePeer(1).toMultihash().bytes)
    for (let sent = 0; sent < 2000; sent++) expect(open().stream.reason).toMatchObject({ code: 'RATE_LIMITED' })
    expect(read).toHaveLength(200)
    // neither scored nor banned
    expect(scores.score(fakePeer(1).toMultihash().bytes)).toBeCloseTo(before, 3)
    expect(await denied()).toEqual([false, false])
    expect(open(2).stream.status).toBe('open')
    time.now += second / 20n
    failWith(older)
    expect(open().stream.reason).toBe(older)
    expect(open().stream.reason).toMatchObject({ code: 'RATE_LIMITED' })
  })

  test('a stream that is open is reset at its next message', () => {
    const { messages, open, failWith } = node({ messagesPerSecond: 1e9, burst: 1e9, workPerSecond: 100 })
    const { stream } = open()
    stream.send(2, 8, 5)
    failWith(older)
    open()
    open()
    expect(stream.status).toBe('open')
    stream.send(2, 8, 5)
    expect(stream.reason).toMatchObject({ code: 'RATE_LIMITED' })
    expect(messages).toEqual([3])
  })

  test('records that are stored cost nothing', () => {
    const { read, open } = node({ messagesPerSecond: 1e9, burst: 1e9, workPerSecond: 100 })
    for (let sent = 0; sent < 500; sent++) open().stream.abort(new Error('closed'))
    expect(read).toHaveLength(500)
  })
})

test('the application can pass its own connection gater, which is asked too', async () => {
  const { components } = node({})
  const gater = components.connectionGater({ denyDialPeer: () => true, denyDialMultiaddr: () => true })
  const remotePeer = fakePeer(1)
  expect(await gater.denyDialPeer?.(remotePeer)).toBe(true)
  expect(await gater.denyDialMultiaddr?.(undefined as never)).toBe(true)
  expect(await gater.denyInboundEncryptedConnection?.(remotePeer, undefined as never)).toBe(false)
})

test('a connection gater that is a class keeps its methods, and they keep their private fields', async () => {
  class Base {
    denyDialMultiaddr(): boolean {
      return true
    }
  }
  class Gater extends Base implements ConnectionGater {
    readonly #denied = true
    denyOutboundConnection(): boolean {
      return this.#denied
    }
    denyDialPeer(): boolean {
      return this.#denied
    }
    denyInboundEncryptedConnection(): boolean {
      return this.#denied
    }
  }
  const { components } = node({})
  const gater = components.connectionGater(new Gater())
  const unused = undefined as never
  expect(await gater.denyDialMultiaddr?.(unused)).toBe(true)
  expect(await gater.denyOutboundConnection?.(unused, unused)).toBe(true)
  expect(await gater.denyDialPeer?.(fakePeer(1))).toBe(true)
  expect(await gater.denyInboundEncryptedConnection?.(fakePeer(1), unused)).toBe(true)
})

test('with `inbound: false` nothing is counted and no peer is banned', async () => {
  const { read, open, failWith, denied } = node(false)
  failWith(forgery)
  for (let sent = 0; sent < 100; sent++) open()
  expect(read).toHaveLength(100)
  expect(await denied()).toEqual([undefined, undefined])
})
