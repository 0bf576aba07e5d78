import type { Connection, PeerId, Stream, StreamHandler } from '@libp2p/interface'
import { encodeUvarint } from '@recordkit/record-codec'
import { writeFields } from '@recordkit/record-codec/protobuf'
import { FakeTimers } from '@recordkit/record-conformance'
import { equalBytes } from '@recordkit/record-types'
import { expect, test } from 'vitest'
import { attributeStreams } from '../src/attribute-streams.ts'
import { InboundLimits } from '../src/inbound-limits.ts'
import { RecordSenders } from '../src/record-senders.ts'
import { SenderGroups } from '../src/sender-group.ts'
import { fakePeer, FakeStream } from './fake-node.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const key = bytes('/config/a')
const value = bytes('a value')
const record = writeFields([10, key, 18, value, 42, bytes('2026-01-01T00:00:00Z')])
const put = writeFields([8, 0, 18, key, 26, record])
const answer = writeFields([8, 1, 18, key, 26, record])

/** The streams of a node, and what its kad-dht reads from them. */
async function node() {
  const { clock } = new FakeTimers()
  const [puts, answers] = [new RecordSenders(clock), new RecordSenders(clock)]
  const groups = new SenderGroups()
  const limits = new InboundLimits({}, { clock })
  let handler: StreamHandler | undefined
  const opened = new FakeStream()
  const components = attributeStreams(
    {
      registrar: {
        async handle(_protocol: string, attributed: StreamHandler) {
          handler = attributed
        }
      },
      connectionManager: { maxConnections: 7, openStream: async (_peer: PeerId, _protocol: string) => opened }
    },
    { puts, answers, groups, limits }
  )
  const read: number[] = []
  const listen = (stream: Pick<EventTarget, 'addEventListener'>): void =>
    stream.addEventListener('message', (event) => read.push(...(event as Event & { data: Uint8Array }).data))
  await components.registrar.handle('/kad', listen)
  const stream = new FakeStream()
  void handler?.(stream as unknown as Stream, { remotePeer: fakePeer(7) } as Connection)
  const open = async (peer: number): Promise<FakeStream> => {
    const outbound = await components.connectionManager.openStream(fakePeer(peer), '/kad')
    listen(outbound)
    return outbound
  }
  return { components, puts, answers, limits, stream, read, open }
}

function framed(message: Uint8Array): number[] {
  return [...encodeUvarint(BigInt(message.length)), ...message]
}

/** A field of bytes whose tag and length have three bytes more than necessary. */
function longField(tag: number, content: Uint8Array): number[] {
  return [tag | 128, 128, 0, content.length | 128, 128, 0, ...content]
}

test.for([
  ['as every implementation encodes it', [...put]],
  ['without its type, which is 0', [...writeFields([18, key, 26, record])]],
  ['with its record twice', [...writeFields([8, 0, 26, bytes('x')]), ...put]],
  ['with its type twice', [8, 1, ...put]],
  ['with a type in more bytes than necessary', [8, 128, 128, 0, ...put.subarray(2)]],
  ['with lengths in more bytes than necessary', [8, 0, ...longField(18, key), ...longField(26, record)]],
  ['with unknown fields and a group', [...put, 0x78, 1, 0x7b, 8, 1, 0x7c]],
  ['with fields in another order', [...writeFields([26, record, 18, key]), 8, 0]],
  ['with the value of its record twice', [8, 0, ...writeFields([26, Uint8Array.of(18, 1, 9, ...record)])]],
  [
    'with a known field of the record of another wire type',
    [...put.subarray(0, 2), ...writeFields([26, Uint8Array.of(8, 5, ...record)])]
  ]
] as const)('a record has its sender in a message %s', async ([, message], { expect: expected }) => {
  for (const size of [1, 5, 1000]) {
    const { puts, stream, read } = await node()
    const sent = framed(Uint8Array.from(message))
    for (let at = 0; at < sent.length; at += size) stream.send(...sent.slice(at, at + size))
    expected(stream.status).toBe('open')
    expected(puts.take(key, value)).toMatchObject({ sender: fakePeer(7).toMultihash().bytes })
    expected(puts.take(key, value)).toBeUndefined()
    // kad-dht reads the normal form
    const normal = Uint8Array.from(read)
    expected(
      [put, writeFields([18, key, 26, record]), writeFields([8, 0, 26, record])].some((one) =>
        equalBytes(normal, Uint8Array.from(framed(one)))
      )
    ).toBe(true)
  }
})

test.for([
  // js-libp2p reads a known field as bytes, whatever its wire type says, and finds a record behind it
  ['in a known field of another wire type', [16, 2, 0x7a, put.length, ...put]],
  ['behind the type of another message', [8, 4, 16, 2, 0x7a, put.length, ...put]],
  ['behind a provider that is longer than its field', [8, 0, 0x4a, 2, 10, 200]]
] as const)('no record without a sender reaches kad-dht, hidden %s', async ([, message], { expect: expected }) => {
  const { puts, stream, read } = await node()
  stream.send(...framed(Uint8Array.from(message)))
  const passed = Uint8Array.from(read)
  for (let at = 0; at + record.length <= passed.length; at++)
    expected(equalBytes(passed.subarray(at, at + record.length), record)).toBe(false)
  expected(puts.take(key, value)).toBeUndefined()
})

test('other messages reach kad-dht with their peers, and several in one chunk in their order', async () => {
  const { stream, read } = await node()
  const peer = writeFields([10, bytes('id'), 18, bytes('address'), 18, bytes('other'), 24, 1])
  const messages = [
    writeFields([8, 4, 18, key, 66, peer, 66, peer]),
    writeFields([8, 2, 18, key, 74, peer, 80, 3]),
    put,
    writeFields([8, 5])
  ]
  const sent = messages.flatMap(framed)
  stream.send(...sent, 3)
  expect(read).toEqual(sent)
  // the rest of a message
  stream.send(8, 5, 0x78)
  expect(read).toEqual(sent)
  expect(stream.status).toBe('aborted')
  expect(stream.reason).toMatchObject({ code: 'PROTOBUF_TRUNCATED', details: { status: 'ignore' } })
})

test('a peer that answers with very many messages is not read any further, and is not to blame', async () => {
  const { open, read } = await node()
  const stream = await open(8)
  stream.send(...Array.from({ length: 64 }, () => 0))
  expect([stream.status, read.length]).toEqual(['open', 64])
  stream.send(0)
  expect(stream.reason).toMatchObject({ code: 'TOO_LARGE', details: { status: 'ignore' } })
  expect(read.length).toBe(64)
})

test('of the peers that a message names, kad-dht receives at most 20 closer ones and 20 providers with 32 addresses each', async () => {
  const address = (size: number, number: number): Uint8Array => new Uint8Array(size).fill(number)
  const peer = (id: number, addresses: readonly Uint8Array[]): Uint8Array =>
    writeFields([10, Uint8Array.of(0, 1, id), ...addresses.flatMap((each) => [18, each])])
  const small = Array.from({ length: 40 }, (_, number) => address(8, number))
  const named = (count: number, addresses: readonly Uint8Array[]): (number | Uint8Array)[] =>
    [66, 74].flatMap((tag) => Array.from({ length: count }, (_, id) => [tag, peer(id, addresses)]).flat())
  const { open, read } = await node()
  const stream = await open(8)
  stream.send(...framed(writeFields([8, 3, 18, key, ...named(50, [address(513, 1), ...small])])))
  expect(read).toEqual(framed(writeFields([8, 3, 18, key, ...named(20, small.slice(0, 32))])))
  // what other implementations send: 20 peers, with a kind of connection
  read.length = 0
  const usual = framed(writeFields([8, 3, 18, key, ...named(20, [address(512, 1)])]))
  stream.send(...usual)
  expect(read).toEqual(usual)
  // an ID that is longer than that of any peer
  read.length = 0
  stream.send(...framed(writeFields([8, 4, 66, writeFields([10, new Uint8Array(129)]), 66, peer(1, [])])))
  expect(read).toEqual(framed(writeFields([8, 4, 66, peer(1, [])])))
})

test('an answer has its sender, and is dropped unread when the budget of the sender is empty', async () => {
  const { components, puts, answers, limits, open, read } = await node()
  expect(components.connectionManager.maxConnections).toBe(7)
  const first = await open(8)
  first.send(...framed(answer))
  const from = { sender: fakePeer(8).toMultihash().bytes, group: fakePeer(8).toMultihash().bytes }
  expect(answers.take(key, value)).toMatchObject(from)
  expect(puts.take(key, value)).toBeUndefined()
  expect(read).toEqual(framed(answer))
  read.length = 0
  for (let count = 0; count < 10; count++) limits.spend(from, 1e9)
  const second = await open(8)
  second.send(...framed(writeFields([8, 4, 66, writeFields([10, bytes('id')])])))
  expect(read.length).toBeGreaterThan(0)
  read.length = 0
  second.send(...framed(answer))
  expect(second.reason).toMatchObject({ code: 'RATE_LIMITED' })
  expect(read).toEqual([])
  expect(answers.take(key, value)).toBeUndefined()
  expect(limits.isBanned(from.sender)).toBe(false)
})
