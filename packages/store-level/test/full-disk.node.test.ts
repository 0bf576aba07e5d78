import { expect, test } from 'vitest'
import { fillDisk, whyNoDisk } from './full-disk/fill-disk.ts'

const reason = await whyNoDisk()

for (const durable of [true, false]) {
  for (const writeBufferSize of [65_536, 4_194_304]) {
    test(`a disk that fills up costs nothing that was acknowledged: durable: ${durable}, tables of ${writeBufferSize} bytes`, async (context) => {
      if (reason !== undefined) context.skip(reason)
      const { acknowledged, codes, problems } = await fillDisk({ durable, writeBufferSize, valueSize: 4000 })
      expect(problems).toEqual([])
      expect([...codes]).toEqual(['STORE_IO'])
      expect(acknowledged).toBeGreaterThan(100)
    })
  }
}
