import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nextMessage } from '@recordkit/testing/child-process'
import { afterAll, expect, test } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'recordkit-sqlite-sequences-'))
afterAll(() => rmSync(folder, { recursive: true }))

const program = fileURLToPath(new URL('put-by-process.ts', import.meta.url))
/** of each process; `PUTS=1000 RUNS=10` for more */
const puts = Number(process.env['PUTS'] ?? 50)
const runs = Number(process.env['RUNS'] ?? 1)

for (let run = 1; run <= runs; run++) {
  test(
    `four processes put under one key without a doubled sequence or an error, run ${run}`,
    { timeout: 120_000 },
    async () => {
      const path = join(folder, `${run}.db`)
      const children = [0, 1, 2, 3].map((number) => fork(program, [path, `process ${number}`, String(puts)]))
      for (const message of await Promise.all(children.map(nextMessage))) expect(message).toBe('ready')
      const results = Promise.all(children.map(nextMessage))
      for (const child of children) child.send('start')
      const sequences = await results
      for (const own of sequences) {
        expect(Array.isArray(own), String(own)).toBe(true)
        expect(own).toHaveLength(puts)
      }
      expect(new Set(sequences.flat()).size).toBe(4 * puts)
    }
  )
}
