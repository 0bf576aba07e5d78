import type { Publication, RecordStore, StoredRecord, StoreOperation } from '@recordkit/record-store'
import fc from 'fast-check'
import { collect, same } from '../assert.ts'
import { publicationOf, rankOf, startTime } from '../store/store-case.ts'
import type { StoreFactory, StoreSetting } from '../store/store-case.ts'
import { StoreModel } from './store-model.ts'

const keys: readonly Uint8Array[] = /* @__PURE__ */ [[0], [47, 97], [47, 97, 0], [47, 98], [255], [255, 255]].map(
  (key) => Uint8Array.from(key)
)

type Step =
  | StoreOperation
  | { readonly type: 'batch'; readonly operations: readonly StoreOperation[] }
  | { readonly type: 'sweep' }
  | { readonly type: 'wait'; readonly time: bigint }
  | { readonly type: 'iterate'; readonly prefix: Uint8Array; readonly reverse: boolean; readonly limit: number }
  | { readonly type: 'reopen' }

function stepArbitrary(reopens: boolean): fc.Arbitrary<Step> {
  const key = fc.constantFrom(...keys)
  const value = fc.uint8Array({ maxLength: 2, max: 3 })
  const time = fc.bigInt({ min: 0n, max: 20n })
  const record: fc.Arbitrary<StoredRecord> = fc
    .record({
      key,
      value,
      order: fc.uint8Array({ maxLength: 2, max: 3 }),
      timeReceived: time,
      lifetime: fc.option(fc.oneof(time, fc.constant(40n * 86_400_000_000_000n)), { nil: undefined }),
      sender: fc.option(fc.uint8Array({ minLength: 1, maxLength: 1 }), { nil: undefined })
    })
    .map(({ key: own, value: bytes, order, lifetime, sender, timeReceived }) => ({
      key: own,
      value: bytes,
      rank: rankOf(order, bytes),
      timeReceived: startTime + timeReceived,
      expires: lifetime === undefined ? undefined : startTime + lifetime,
      sender
    }))
  const ifRank = fc.oneof(
    { weight: 4, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constant(null) },
    { weight: 2, arbitrary: record.map(({ rank }) => rank) }
  )
  const publicationFor = (own: Uint8Array): fc.Arbitrary<Publication | null | undefined> =>
    fc.oneof(
      { weight: 4, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.constant(null) },
      { weight: 2, arbitrary: fc.boolean().map((network) => publicationOf(own, { network })) }
    )
  const put = fc.tuple(record, ifRank).chain(([given, condition]) =>
    publicationFor(given.key).map((publication): StoreOperation => ({
      type: 'put',
      record: given,
      ifRank: condition,
      publication
    }))
  )
  const touch = fc
    .record({ key, ifRank, time: fc.option(time, { nil: undefined }), expires: fc.option(time, { nil: undefined }) })
    .chain(({ key: own, ifRank: condition, time: received, expires }) =>
      publicationFor(own).map((publication): StoreOperation => ({
        type: 'touch',
        key: own,
        ifRank: condition,
        timeReceived: received === undefined ? undefined : startTime + received,
        expires: expires === undefined ? undefined : startTime + expires,
        publication
      }))
    )
  const remove = fc
    .record({ key, ifRank })
    .map((given): StoreOperation => ({ type: 'delete', key: given.key, ifRank: given.ifRank }))
  const operation: fc.Arbitrary<StoreOperation> = fc.oneof(
    { weight: 3, arbitrary: put },
    { weight: 1, arbitrary: touch },
    { weight: 1, arbitrary: remove }
  )
  return fc.oneof(
    { weight: 8, arbitrary: put },
    { weight: 3, arbitrary: touch },
    { weight: 3, arbitrary: remove },
    {
      weight: 2,
      arbitrary: fc.array(operation, { maxLength: 6 }).map((operations): Step => ({ type: 'batch', operations }))
    },
    { weight: 2, arbitrary: fc.constant<Step>({ type: 'sweep' }) },
    {
      weight: 3,
      arbitrary: fc
        .oneof(time, fc.constant(31n * 86_400_000_000_000n))
        .map((given): Step => ({ type: 'wait', time: given }))
    },
    {
      weight: 2,
      arbitrary: fc.record({
        type: fc.constant('iterate' as const),
        prefix: fc.constantFrom(new Uint8Array(0), ...keys),
        reverse: fc.boolean(),
        limit: fc.nat(7)
      })
    },
    ...(reopens ? [{ weight: 1, arbitrary: fc.constant<Step>({ type: 'reopen' }) }] : [])
  )
}

/** Options of {@link runStoreModel}. */
export interface StoreModelOptions {
  /** number of random runs. @default 200 */
  readonly runs?: number | undefined
  /** repeats a failed run; fast-check prints its seed. @default random */
  readonly seed?: number | undefined
}

/**
 * Runs the same random steps on a store and on a model of a store, and compares all results.
 *
 * @throws the error of fast-check, with the shortest sequence of steps it found on which they differ
 * @example
 * ```ts
 * await runStoreModel({ name: 'my store', capabilities, open: (setting) => new MyStore(setting) })
 * ```
 */
export async function runStoreModel(factory: StoreFactory, options: StoreModelOptions = {}): Promise<void> {
  const reopens = factory.capabilities.persistent && factory.reopen !== undefined
  const property = fc.asyncProperty(fc.array(stepArbitrary(reopens), { maxLength: 40, size: 'max' }), (steps) =>
    compare(factory, steps)
  )
  const { runs: numRuns = 200, seed } = options
  await fc.assert(property, seed === undefined ? { numRuns } : { numRuns, seed })
}

async function compare(factory: StoreFactory, steps: readonly Step[]): Promise<void> {
  const model = new StoreModel(startTime)
  const setting: StoreSetting = { clock: () => model.now }
  let store = await factory.open(setting)
  try {
    for (const step of steps) {
      if (step.type === 'reopen') {
        await store.close()
        store = (await factory.reopen?.(store, setting)) ?? store
      } else {
        await runStep(store, model, step)
      }
      await compareAll(store, model)
    }
  } finally {
    await store.close()
    await factory.cleanUp?.()
  }
}

/** Runs one step on both and compares the results. */
async function runStep(store: RecordStore, model: StoreModel, step: Exclude<Step, { type: 'reopen' }>): Promise<void> {
  switch (step.type) {
    case 'put': {
      const { record, ifRank, publication } = step
      same(withoutMark(await store.put(record, { ifRank, publication })), model.put(record, step), 'put')
      break
    }
    case 'touch': {
      const { key, type: _, ...changes } = step
      same(await store.touch(key, changes), model.touch(key, changes), 'touch')
      break
    }
    case 'delete':
      same(await store.delete(step.key, { ifRank: step.ifRank }), model.delete(step.key, step.ifRank), 'delete')
      break
    case 'batch': {
      const expected = step.operations.map((operation) => {
        if (operation.type === 'put') return model.put(operation.record, operation)
        if (operation.type === 'touch') return { touched: model.touch(operation.key, operation) }
        return { deleted: model.delete(operation.key, operation.ifRank) }
      })
      same((await store.batch(step.operations)).map(withoutMark), expected, 'batch')
      break
    }
    case 'sweep':
      same(await store.sweep(), model.sweep(), 'sweep')
      break
    case 'wait':
      model.now += step.time
      break
    case 'iterate': {
      const { prefix, reverse, limit } = step
      const within = model.all().filter(({ key }) => prefix.every((byte, index) => key[index] === byte))
      const expected = (reverse ? within.reverse() : within).slice(0, limit)
      same(await collect(store.iterate({ prefix, reverse, limit })), expected, 'iterate')
    }
  }
}

/** Compares everything that a caller can read. */
async function compareAll(store: RecordStore, model: StoreModel): Promise<void> {
  same(
    await store.getMany(keys),
    keys.map((key) => model.get(key)),
    'getMany'
  )
  const { entries, bytes, publications } = await store.stats()
  same({ entries, bytes, publications }, model.stats(), 'stats')
  same(await collect(store.publications()), model.publications(), 'publications')
  for (const key of keys) {
    // a store may keep a mark beside an unexpired record or not: later puts show whether it behaves correctly
    if (model.get(key) !== undefined) continue
    const mark = await store.mark(key)
    const expected = model.mark(key)
    same(mark && { rank: mark.rank, until: mark.until }, expected, 'mark')
  }
}

function withoutMark(result: object): object {
  return { ...result, mark: undefined }
}
