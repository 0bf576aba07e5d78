import { isRefusal } from '@recordkit/record-types'
import { turns } from '@recordkit/record-types/internal'
import { unsigned, validateMany, ValidationEngine } from '@recordkit/record-validators'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

let now = performance.now()
/** number of records that were verified in each turn of the event loop */
let verified: number[]

beforeEach(async () => {
  vi.spyOn(turns, 'now').mockImplementation(() => now)
  const { nextTurn } = turns
  vi.spyOn(turns, 'nextTurn').mockImplementation((run) => {
    nextTurn.call(turns, () => {
      verified.push(0)
      run()
    })
  })
  verified = [0]
  await turns.next()
})

afterEach(() => vi.restoreAllMocks())

/** An engine of a namespace whose verification takes a millisecond and is synchronous. */
function slowEngine(): ValidationEngine {
  const namespace = unsigned('slow', { sequence: () => 0n })
  return new ValidationEngine([
    {
      ...namespace,
      verify: (...parameters: Parameters<typeof namespace.verify>) => {
        now++
        verified[verified.length - 1] = (verified.at(-1) as number) + 1
        return namespace.verify(...parameters)
      }
    }
  ])
}

const records = Array.from({ length: 60 }, (_, number) => ({
  key: new TextEncoder().encode(`/slow/${number}`),
  value: Uint8Array.of(number)
}))

test.each<[string, (engine: ValidationEngine) => Promise<unknown[]>]>([
  ['validateMany', (engine) => validateMany(engine, records)],
  [
    'concurrent calls of validate',
    (engine) => Promise.all(records.map(({ key, value }) => engine.validate(key, value)))
  ],
  [
    'concurrent calls of verify',
    (engine) =>
      Promise.all(
        records.map(async ({ key, value }) => {
          const record = engine.parse(key, value)
          return isRefusal(record) ? record : engine.verify(record)
        })
      )
  ],
  [
    'calls of validate one after another',
    async (engine) => {
      const results = []
      for (const { key, value } of records) results.push(await engine.validate(key, value))
      return results
    }
  ]
])(
  '%s verify for a few milliseconds in a turn of the event loop, in the order of the records',
  async (_name, validate) => {
    const results = await validate(slowEngine())
    expect(results.map((result) => (result as { value: Uint8Array }).value[0])).toEqual(
      records.map(({ value }) => value[0])
    )
    expect(verified.reduce((sum, count) => sum + count)).toBe(60)
    // two in the time of a turn, and what had begun before
    expect(Math.max(...verified.slice(1))).toBeLessThanOrEqual(4)
    expect(verified.filter((count) => count > 0).length).toBeGreaterThanOrEqual(10)
  }
)

test('a call that waits for its turn rejects when its signal aborts, and the others go on', async () => {
  const engine = slowEngine()
  const controller = new AbortController()
  const { signal } = controller
  const [{ key, value }] = records as [(typeof records)[0]]
  const others = records.map((record) => engine.validate(record.key, record.value))
  now += 10
  const waiting = engine.validate(key, value, { signal })
  controller.abort(new Error('enough'))
  await expect(waiting).rejects.toThrow('enough')
  expect(await Promise.all(others)).toHaveLength(60)
})
