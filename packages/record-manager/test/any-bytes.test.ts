import { joinRecordKey } from '@recordkit/record-codec'
import { createRecordManager } from '@recordkit/record-manager/quick'
import { isRecordError } from '@recordkit/record-types'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const names = fc.constantFrom('ipns', 'pk', 'config', 'other', '__proto__')
const keys = fc.oneof(
  fc.uint8Array({ maxLength: 60 }),
  fc.tuple(names, fc.uint8Array({ maxLength: 60 })).map(([name, path]) => joinRecordKey(name, path))
)

test('receive returns a refusal with a code for random bytes, and stores nothing', async () => {
  await using manager = await createRecordManager()
  await fc.assert(
    fc.asyncProperty(keys, fc.uint8Array({ maxLength: 300 }), async (key, value) => {
      const { status, code } = await manager.receive(key, value)
      expect(['ignored', 'rejected']).toContain(status)
      expect(code).toBeDefined()
      expect(key.length > 0 && (await manager.has(key))).toBe(false)
    }),
    { numRuns: 300 }
  )
})

test('every method rejects keys and values of a wrong type with INVALID_ARGUMENT', async () => {
  await using manager = await createRecordManager()
  const calls = [
    () => manager.put(7 as never, new Uint8Array()),
    () => manager.put('test-key', 'text' as never),
    () => manager.get(undefined as never),
    () => manager.has(null as never),
    () => manager.delete({} as never),
    () => manager.receive('text' as never, new Uint8Array()),
    () => manager.receive(new Uint8Array(3), undefined as never)
  ]
  for (const call of calls) {
    const failure: unknown = await call().then(
      (result) => (typeof result === 'object' && 'code' in (result as object) ? result : undefined),
      (error: unknown) => error
    )
    const code = (failure as { code?: string } | undefined)?.code
    expect(isRecordError(failure) || code === 'INVALID_ARGUMENT', String(call)).toBe(true)
    expect(code, String(call)).toBe('INVALID_ARGUMENT')
  }
})
