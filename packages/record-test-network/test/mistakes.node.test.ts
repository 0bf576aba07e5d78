import { createTestNetwork, createTestNode, MaliciousPeer } from '@recordkit/record-test-network'
import { expect, test } from 'vitest'

test.each<[string, () => unknown, RegExp]>([
  ['no options', () => createTestNetwork(undefined as never), /^options is undefined; an object is expected$/],
  ['a number of nodes as options', () => createTestNetwork(3 as never), /^options is 3; an object is expected$/],
  [
    'no number of nodes',
    () => createTestNetwork({} as never),
    /^nodes is undefined; a whole number of at least 0 is expected$/
  ],
  [
    'a bigint as number of nodes',
    () => createTestNetwork({ nodes: 3n as never }),
    /^nodes is the bigint 3n; a whole number/
  ],
  [
    'a misspelled option',
    () => createTestNetwork({ nodes: 0, transports: 'tcp' } as never),
    /^unknown option "transports"; did you mean "transport"\?/
  ],
  [
    'another transport',
    () => createTestNetwork({ nodes: 0, transport: 'quic' as never }),
    /^transport is 'quic'; 'tcp' or 'memory' is expected$/
  ],
  [
    'one behaviour instead of several',
    () => createTestNetwork({ nodes: 0, malicious: 'stale' as never }),
    /^malicious is a string; an array is expected$/
  ],
  [
    'an unknown behaviour',
    () => createTestNetwork({ nodes: 0, malicious: ['lying' as never] }),
    /^malicious is 'lying'; expected .*/
  ],
  [
    'nanoseconds as timeout',
    () => createTestNetwork({ nodes: 0, timeout: 5n as never }),
    /^timeout is the bigint 5n; a number of milliseconds/
  ],
  [
    'a node that was not awaited',
    () => new MaliciousPeer(createTestNode({}, { transport: 'quic' as never }).catch(() => {}) as never, 'stale'),
    /^libp2p is a promise, which must be awaited; a started node/
  ]
])('the message for %s says what is expected', async (_, call, message) => {
  await expect((async () => call())()).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringMatching(message) as unknown
  })
})
