import { AccessLists, createAccessControl, PeerScores, TokenBucketLimiter } from '@recordkit/record-access'
import { expect, test } from 'vitest'

const lists = new AccessLists()

test.each<[string, () => unknown, RegExp, string?]>([
  ['null as options', () => createAccessControl(null as never), /^options is null; an object is expected$/],
  [
    'a misspelled option',
    () => createAccessControl({ list: lists } as never),
    /^unknown option "list"; did you mean "lists"\? The options are lists, limiter, scores, ignoreBelow$/
  ],
  [
    'an array as lists',
    () => createAccessControl({ lists: ['12D3KooW'] as never }),
    /^lists is an array; an AccessLists, such as `new AccessLists\(\)`, is expected$/
  ],
  [
    'lists that were not awaited',
    () => createAccessControl({ lists: Promise.resolve(lists) as never }),
    /^lists is a promise, which must be awaited; an AccessLists/
  ],
  [
    'a number as limiter',
    () => createAccessControl({ limiter: 100 as never }),
    /^limiter is 100; a RateLimiter, such as `new TokenBucketLimiter\(.*\)`, is expected$/
  ],
  [
    'a class as scores',
    () => createAccessControl({ scores: PeerScores as never }),
    /^scores is a function; a PeerScores, such as `new PeerScores\(\)`, is expected$/
  ],
  [
    'a text as threshold',
    () => createAccessControl({ ignoreBelow: '-50' as never }),
    /^ignoreBelow is a string; a finite number is expected$/
  ],
  [
    'a bigint as half-life',
    () => new PeerScores({ halfLife: 3_600_000n as never }),
    /^halfLife is the bigint 3600000n; a number of milliseconds above 0 is expected$/
  ],
  [
    'a misspelled weight',
    () => new PeerScores({ weights: { rejected: -1 } as never }),
    /^unknown option "weights.rejected"; did you mean "weights.reject"\?/
  ],
  [
    'a clock in milliseconds',
    () => new PeerScores({ clock: Date.now as never }),
    /^clock returned \d+; a bigint of nanoseconds since the Unix epoch is expected$/
  ],
  ['no options of a limiter', () => new TokenBucketLimiter(undefined as never), /^options is undefined; an object is/],
  [
    'a limiter without points',
    () => new TokenBucketLimiter({ duration: 1000 } as never),
    /^points is missing; \{ points, duration \} are expected, with `duration` in milliseconds$/
  ],
  ['a number as peer', () => lists.deny('peers', 5 as never), /is a number; a peer ID or IPNS name is expected$/],
  ['text that is not a peer', () => lists.deny('peers', 'alice'), /"alice" is not a peer ID/, 'IPNS_NAME_INVALID'],
  [
    'a list of another kind',
    () => lists.deny('senders' as never, 'k51'),
    /^list is deny and kind is senders; allow or deny, and peers, authors or keys are expected$/
  ]
])('the message for %s says what is expected', async (_, call, message, code = 'INVALID_ARGUMENT') => {
  await expect((async () => call())()).rejects.toMatchObject({
    name: 'RecordError',
    code,
    message: expect.stringMatching(message) as unknown
  })
})
