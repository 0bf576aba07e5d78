import { StreamAbortEvent, StreamMessageEvent, StreamResetEvent } from '@libp2p/interface'
import type { Connection, Stream, StreamHandler, StreamHandlerOptions } from '@libp2p/interface'
import { FakeTimers } from '@recordkit/record-conformance'
import { createRecordComponents } from '@recordkit/record-libp2p'
import type { RecordsOptions, InboundLimitsOptions } from '@recordkit/record-libp2p'
import { RecordError } from '@recordkit/record-types'
import { second } from '@recordkit/testing'
import { ownerInKey, signed, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { describe, expect, test } from 'vitest'

/** A stream as far as a guard looks at it. */
class OneStream extends EventTarget {
  status = 'open'
  reason: Error | undefined

  abort(reason: Error): void {
    if (this.status !== 'open') return
    this.status = 'aborted'
    this.reason = reason
    this.dispatchEvent(new StreamAbortEvent(reason))
  }

  send(...bytes: number[]): void {
    if (this.status === 'open') this.dispatchEvent(new StreamMessageEvent(Uint8Array.from(bytes)))
  }
}

class OneConnection {
  status = 'open'
  readonly remotePeer: { toMultihash(): { readonly bytes: Uint8Array } }

  constructor(peer: number) {
    this.remotePeer = { toMultihash: () => ({ bytes: Uint8Array.of(0, 1, peer) }) }
  }

  abort(): void {
    this.status = 'aborted'
  }
}

/** A node's guard, with what its Kademlia was handed: streams to be read, and the messages in them. */
function node(senders: InboundLimitsOptions | false, rest: Partial<RecordsOptions> = {}, maxInboundStreams = 32) {
  const time = new FakeTimers()
  const { clock, setTimer } = time
  const engine = new ValidationEngine([signed('config', { authors: ownerInKey() })], { clock })
  const house = createRecordComponents({
    engine,
    store: new MemoryRecordStore({ clock }),
    senders,
    clock,
    setTimer,
    ...rest
  })
  const read: Stream[] = []
  const messages: number[] = []
  let fails: Error | undefined
  let guarded: StreamHandler | undefined
  const registrar = {
    name: 'the node',
    async handle(_protocol: string, handler: StreamHandler, _options?: StreamHandlerOptions) {
      guarded = handler
    },
    getProtocols() {
      return [this.name]
    }
  }
  const make = house.limitInbound((components: { readonly registrar: typeof registrar }) => {
    // what else Kademlia asks of the registrar is the node's own
    expect(components.registrar.getProtocols()).toEqual(['the node'])
    const reader: StreamHandler = (stream) => {
      read.push(stream)
      stream.addEventListener('message', ({ data }) => messages.push(data.byteLength))
      if (fails !== undefined) stream.abort(fails)
    }
    void components.registrar.handle('/kad', reader, { maxInboundStreams })
  })
  make({ registrar })
  const gater = house.connectionGater()
  return {
    time,
    house,
    read,
    messages,
    failWith: (error: Error | undefined) => {
      fails = error
    },
    open(peer = 1, connection = new OneConnection(peer)) {
      const stream = new OneStream()
      void guarded?.(stream as unknown as Stream, connection as unknown as Connection)
      return { stream, connection }
    },
    denied: async (peer = 1) => {
      const { remotePeer } = new OneConnection(peer)
      return [
        await gater.denyInboundEncryptedConnection?.(remotePeer as never, undefined as never),
        await gater.denyDialPeer?.(remotePeer as never)
      ]
    }
  }
}

const forgery = new RecordError('SIGNATURE_INVALID', 'forged', { details: { status: 'reject' } })
const older = new RecordError('STALE', 'older', { details: { status: 'ignore' } })
const settled = async (): Promise<void> => new Promise((resolve) => setTimeout(resolve))

describe('what one peer sends is handled at a bounded rate', () => {
  test('streams beyond the rate wait for their turn, in order; those of others do not wait for them', async () => {
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

  test('messages after the first on a stream count, too, and are held back until their turn', async () => {
    const { time, messages, open } = node({ messagesPerSecond: 10, burst: 2 })
    const { stream } = open()
    stream.send(1, 7)
    stream.send(1, 7)
    expect(messages).toEqual([2, 2])
    stream.send(2, 7, 7)
    stream.send(3, 7)
    stream.send(7, 7)
    expect(messages).toEqual([2, 2])
    await time.advance(second)
    expect(messages).toEqual([2, 2, 3, 2, 2])
  })

  test('more messages in one go than may wait are not read at all', () => {
    const { messages, open } = node({ messagesPerSecond: 10, burst: 2, maxStreams: 4 })
    const { stream } = open()
    stream.send(...Array.from({ length: 20 }, () => [1, 7]).flat())
    expect(messages).toEqual([])
    expect(stream.reason).toMatchObject({ code: 'RATE_LIMITED' })
  })

  test('streams at once beyond the limit are reset, and one that is over makes room', () => {
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

  test('the limit stays below the one at which libp2p resets streams without a word about whose they are', () => {
    const { open } = node({}, {}, 8)
    const streams = Array.from({ length: 7 }, () => open().stream)
    expect(streams.map(({ status }) => status)).toEqual([...Array.from({ length: 6 }, () => 'open'), 'aborted'])
  })

  test('what comes after a message that is held back does not overtake it', async () => {
    const { time, messages, open } = node({ messagesPerSecond: 10, burst: 1 })
    const { stream } = open()
    stream.send(1, 7)
    stream.send(3, 7)
    time.now += second
    stream.send(7, 7, 2)
    expect(messages).toEqual([2])
    await time.advance(second)
    expect(messages).toEqual([2, 2, 3])
  })

  test('a stream that is reset while it waits is not read', async () => {
    const { time, read, open } = node({ burst: 1 })
    open()
    open().stream.abort(new Error('gone'))
    await time.advance(second)
    expect(read).toHaveLength(1)
  })

  test('a message that is announced as larger than any may be is refused unread', () => {
    const { messages, open } = node({})
    const { stream } = open()
    stream.send(0x80, 0x80, 0x80, 0x80, 0x04, 1, 2, 3)
    expect(stream.reason).toMatchObject({ code: 'VALUE_TOO_LARGE' })
    expect(messages).toEqual([])
  })
})

describe('who sends forgeries, or far too much, is barred', () => {
  test('after some ten forgeries the connection is cut, and no other is let in or dialled, for a while', async () => {
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

  test('for the next forgery after that at once', async () => {
    const { time, open, failWith, denied } = node({})
    failWith(forgery)
    for (let sent = 0; sent < 11; sent++) open()
    await time.advance(61n * second)
    open()
    expect(await denied()).toEqual([true, true])
  })

  test('bytes that are no message count as forgeries do; a peer that is slow or leaves does not', async () => {
    const named = (name: string): Error => Object.assign(new Error(name), { name })
    for (const [name, barred] of [
      ['InvalidMessageLengthError', true],
      ['RangeError', true],
      ['TimeoutError', false],
      ['UnexpectedEOFError', false],
      ['StreamResetError', false]
    ] as const) {
      const { time, open, failWith, denied } = node({})
      failWith(named(name))
      for (let sent = 0; sent < 20; sent++) open()
      await time.advance(second)
      expect(await denied(), name).toEqual([barred, barred])
    }
  })

  test('what the other side ends a stream with says nothing of it', async () => {
    const { time, open, denied } = node({})
    for (let sent = 0; sent < 20; sent++) open().stream.dispatchEvent(new StreamResetEvent(new RangeError('theirs')))
    await time.advance(second)
    expect(await denied()).toEqual([false, false])
  })

  test('an older record is hardly held against who brought it', async () => {
    const { time, open, failWith, denied } = node({})
    failWith(older)
    for (let sent = 0; sent < 500; sent++) {
      open()
      await time.advance(second / 20n)
    }
    expect(await denied()).toEqual([false, false])
  })

  test('resets beyond the limit bar, too, and are forgotten in time', async () => {
    const { time, open, denied } = node({ maxStreams: 1, maxResetsPerMinute: 10 })
    for (let sent = 0; sent < 10; sent++) open()
    await time.advance(60n * second)
    for (let sent = 0; sent < 10; sent++) open()
    expect(await denied()).toEqual([false, false])
    open()
    expect(await denied()).toEqual([true, true])
  })

  test('what a list denies is barred from the start', async () => {
    const { open, denied } = node({ denies: ([, , peer]) => peer === 1 })
    expect(await denied()).toEqual([true, true])
    expect(open().stream.status).toBe('aborted')
    expect(open(2).stream.status).toBe('open')
  })

  test('the access control hears of it, so that what the sender hands over elsewhere is judged by it', () => {
    const reports: string[] = []
    const access = { admit: () => undefined, report: (_peer: Uint8Array, verdict: string) => reports.push(verdict) }
    const { open, failWith } = node({}, { access })
    failWith(forgery)
    open()
    failWith(older)
    open()
    expect(reports).toEqual(['reject', 'ignore'])
  })
})

test('peers remembered are bounded: who was not heard of longest is forgotten first', async () => {
  const { open, failWith, denied } = node({ maxTrackedPeers: 3 })
  failWith(forgery)
  for (const peer of [1, 2]) for (let sent = 0; sent < 11; sent++) open(peer)
  failWith(undefined)
  open(3)
  open(4)
  expect(await denied(1)).toEqual([false, false])
  expect(await denied(2)).toEqual([true, true])
})

test('a gater of one’s own is asked, too', async () => {
  const { house } = node({})
  const gater = house.connectionGater({ denyDialPeer: () => true, denyDialMultiaddr: () => true })
  const { remotePeer } = new OneConnection(1)
  expect(await gater.denyDialPeer?.(remotePeer as never)).toBe(true)
  expect(await gater.denyDialMultiaddr?.(undefined as never)).toBe(true)
  expect(await gater.denyInboundEncryptedConnection?.(remotePeer as never, undefined as never)).toBe(false)
})

test('with `senders: false` nothing is counted and nobody is barred', async () => {
  const { read, open, failWith, denied } = node(false)
  failWith(forgery)
  for (let sent = 0; sent < 100; sent++) open()
  expect(read).toHaveLength(100)
  expect(await denied()).toEqual([undefined, undefined])
})
