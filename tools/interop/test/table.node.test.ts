import { expect, test } from 'vitest'
import { buildJs } from '../src/builds.ts'
import type { Check } from '../src/check.ts'
import {
  type Implementation,
  OperationFailed,
  ImplementationProcess,
  OperationRefused,
  OperationUnsupported
} from '../src/implementation.ts'
import { printTable, runCell } from '../src/table.ts'

/** An implementation with the same answer to every operation. */
const implementationOf = (answer: () => Promise<Record<string, unknown>>): Implementation => ({
  name: 'them',
  call: answer,
  async stop() {}
})

const answering = implementationOf(async () => ({ value: 'right' }))
const row = {
  name: 'a row',
  async run(implementation: Implementation, check: Check) {
    check.equal((await implementation.call('anything'))['value'], 'right', 'the value')
  }
}

test('a cell is ok when every check passes', async () => {
  expect(await runCell(row, answering)).toMatchObject({ state: 'ok', checks: 1 })
})

test('a cell fails when a check fails, with the actual and the expected value in its reason', async () => {
  const cell = await runCell(
    row,
    implementationOf(async () => ({ value: 'wrong' }))
  )
  expect(cell).toMatchObject({ state: 'failed', reason: 'the value: wrong, expected right' })
})

test('a cell fails when the implementation refuses an operation unexpectedly', async () => {
  const refusing = implementationOf(() => Promise.reject(new OperationRefused('no')))
  expect(await runCell(row, refusing)).toMatchObject({ state: 'failed', reason: 'no' })
})

test('a cell is unsupported, with a reason, when the implementation does not support an operation', async () => {
  const lacking = implementationOf(() => Promise.reject(new OperationUnsupported('has none')))
  expect(await runCell(row, lacking)).toMatchObject({ state: 'unsupported', reason: 'has none' })
})

test('a cell fails when its row checks nothing', async () => {
  expect(await runCell({ name: 'empty', async run() {} }, answering)).toMatchObject({ state: 'failed' })
})

test('a cell fails when bytes that must be refused are accepted', async () => {
  const cell = await runCell(
    {
      name: 'refusal',
      run: (implementation, check) => check.refused(() => implementation.call('anything'), 'a forged record')
    },
    answering
  )
  expect(cell).toMatchObject({ state: 'failed', reason: 'a forged record is accepted' })
})

test('the table contains the state of each cell and every reason once', async () => {
  const lacking = implementationOf(() => Promise.reject(new OperationUnsupported('has none')))
  const cells = [await runCell(row, lacking), await runCell({ ...row, name: 'another' }, lacking)]
  const text = printTable(['a row', 'another', 'not run'], ['them'], cells)
  expect(text).toContain('a row    – [1]')
  expect(text).toContain('another  – [1]')
  expect(text).toContain('not run  ·')
  expect(text.split('has none')).toHaveLength(2)
})

test('a JSON-lines program returns answers, refusals and unsupported operations, and fails calls after its end', async () => {
  const built = buildJs()
  if (!('command' in built)) throw new Error('the JavaScript program must be available without a build')
  const js = new ImplementationProcess('js', built.command, built.args)
  expect(await js.call('about')).toMatchObject({ implementation: 'js' })
  await expect(js.call('key.fromPublic', { bytes: { public: new Uint8Array([1]) } })).rejects.toThrow(OperationRefused)
  await expect(js.call('no.such')).rejects.toThrow(OperationUnsupported)
  await js.stop()
  await expect(js.call('about')).rejects.toThrow(OperationFailed)
})
