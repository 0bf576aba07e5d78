import { createRecordManager } from '@recordkit/record-manager/quick'
import { expect, test } from 'vitest'

test('a manager that needs no options keeps a record under a key without a namespace', async () => {
  await using manager = await createRecordManager()
  const content = new TextEncoder().encode('hello')
  await manager.put('test-key', content)
  expect(await manager.get('test-key')).toEqual(content)
})
