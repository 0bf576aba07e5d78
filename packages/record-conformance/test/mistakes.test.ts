import {
  runBackend,
  runNamespace,
  runRouting,
  runStore,
  testBackend,
  testNamespace,
  testRouting,
  testStore
} from '@recordkit/record-conformance'
import { expect, test } from 'vitest'

const runner = { test: () => undefined }
const capabilities = {} as never

test.each<[string, () => unknown, RegExp]>([
  [
    'no test runner',
    () => testStore(undefined as never, { name: 'a', capabilities, open: () => undefined as never }),
    /^runner is undefined; an object with the `test` of a test runner, such as `\{ test, describe \}` of vitest, is expected$/
  ],
  [
    'the function test as runner',
    () => testStore((() => {}) as never, { name: 'a', capabilities, open: () => undefined as never }),
    /^runner is a function; an object with the `test`/
  ],
  [
    'a store instead of a factory',
    () => testStore(runner, new Map() as never),
    /^factory is a Map; an object with `name`, `capabilities` and `open` is expected$/
  ],
  [
    'no capabilities',
    () => testStore(runner, { name: 'a', open: () => undefined } as never),
    /^capabilities is undefined; an object is expected$/
  ],
  [
    'a store that is run without a factory',
    () => runStore(undefined as never),
    /^factory is undefined; an object with/
  ],
  [
    'a backend instead of a factory',
    () => testBackend(runner, { read: () => [] } as never),
    /^factory is an object; an object with `name`, `capabilities` and `create` is expected$/
  ],
  ['a backend that is run without a factory', () => runBackend(null as never), /^factory is null; an object with/],
  [
    'a namespace that was not called',
    () => testNamespace(runner, { name: 'a', namespace: (() => {}) as never, samples: [] }),
    /^namespace is a function; a namespace such as ipns\(\) is expected$/
  ],
  [
    'no samples',
    () => testNamespace(runner, { name: 'a', namespace: { parse: () => {}, verify: () => {} } as never, samples: [] }),
    /^samples is empty; an array of at least one valid record is expected$/
  ],
  [
    'samples that were not awaited',
    () =>
      runNamespace({
        name: 'a',
        namespace: { parse: () => {}, verify: () => {} } as never,
        samples: Promise.resolve([]) as never
      }),
    /^samples is a promise, which must be awaited; an array/
  ],
  [
    'a routing instead of a factory',
    () => testRouting(runner, { get: () => [] } as never),
    /^factory is an object; an object with `name`, `open` and `record` is expected$/
  ],
  [
    'a routing that is run without a factory',
    () => runRouting(undefined as never),
    /^factory is undefined; an object with/
  ]
])('the message for %s says what is expected', async (_, call, message) => {
  await expect((async () => call())()).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringMatching(message) as unknown
  })
})
