import { ipnsRoutingKey } from '@recordkit/record-codec'
import { ipnsRouter, recordRouter } from '@recordkit/record-helia'
import { createRecordManager } from '@recordkit/record-manager/quick'
import { ipns, ValidationEngine } from '@recordkit/record-validators'
import { expect, test } from 'vitest'

const manager = await createRecordManager({ engine: new ValidationEngine([ipns()]) })
const key = ipnsRoutingKey(manager.peerId as Uint8Array)

test.each([ipnsRouter, recordRouter])('%o names a wrong manager, option and key', async (router) => {
  const invalid = (message: RegExp, code = 'INVALID_ARGUMENT'): unknown =>
    expect.objectContaining({ code, message: expect.stringMatching(message) as unknown })
  for (const wrong of [undefined, { manager }, Promise.resolve(manager)])
    expect(() => router(wrong as never)).toThrow(
      invalid(/^manager is .*; a RecordManager, such as `libp2p.services.reco/)
    )
  expect(() => router(manager, { copys: 1 } as never)).toThrow(
    invalid(/^unknown option "copys"; did you mean "copies"/)
  )
  expect(() => router(manager, null as never)).toThrow(invalid(/^options is null; an object is expected$/))
  const routes = router(manager)
  await expect(async () => routes.get('k51' as never)).rejects.toEqual(
    invalid(/^record key ".*" is not .*ipnsRoutingKey/, 'RECORD_KEY_INVALID')
  )
  await expect(async () => routes.get(key, null as never)).rejects.toEqual(
    invalid(/^options is null; an object is exp/)
  )
  await expect(async () => routes.put(key, 'value' as never)).rejects.toEqual(
    invalid(/^record value is a string; a Uint/)
  )
})
