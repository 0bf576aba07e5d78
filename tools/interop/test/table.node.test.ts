import { expect, test } from 'vitest'
import { buildJs } from '../src/builds.ts'
import type { Check } from '../src/check.ts'
import { type Peer, PeerFailed, PeerProcess, PeerRefused, PeerUnsupported } from '../src/peer.ts'
import { printTable, runCell } from '../src/table.ts'

/** An implementation that answers every operation as told. */
const peerOf = (answer: () => Promise<Record<string, unknown>>): Peer => ({
  name: 'them',
  call: answer,
  async stop() {}
})

const answering = peerOf(async () => ({ value: 'right' }))
const row = {
  name: 'a row',
  async run(peer: Peer, check: Check) {
    check.equal((await peer.call('anything'))['value'], 'right', 'the value')
  }
}

test('a cell is ok when every check holds', async () => {
  expect(await runCell(row, answering)).toMatchObject({ state: 'ok', checks: 1 })
})

test('a cell fails when a check does not hold, and says what was met and what was expected', async () => {
  const cell = await runCell(
    row,
    peerOf(async () => ({ value: 'wrong' }))
  )
  expect(cell).toMatchObject({ state: 'failed', reason: 'the value: wrong, expected right' })
})

test('a refusal that no row expects is a failure', async () => {
  const refusing = peerOf(() => Promise.reject(new PeerRefused('no')))
  expect(await runCell(row, refusing)).toMatchObject({ state: 'failed', reason: 'no' })
})

test('what an implementation lacks is not supported, with its reason, and not ok', async () => {
  const lacking = peerOf(() => Promise.reject(new PeerUnsupported('has none')))
  expect(await runCell(row, lacking)).toMatchObject({ state: 'unsupported', reason: 'has none' })
})

test('a row that checks nothing fails', async () => {
  expect(await runCell({ name: 'empty', async run() {} }, answering)).toMatchObject({ state: 'failed' })
})

test('a verdict expected to be a refusal fails when the bytes are accepted', async () => {
  const cell = await runCell(
    {
      name: 'refusal',
      run: (peer, check) => check.refused(() => peer.call('anything'), 'a forged record')
    },
    answering
  )
  expect(cell).toMatchObject({ state: 'failed', reason: 'a forged record is accepted' })
})

test('the table shows each state and the reasons once', async () => {
  const lacking = peerOf(() => Promise.reject(new PeerUnsupported('has none')))
  const cells = [await runCell(row, lacking), await runCell({ ...row, name: 'another' }, lacking)]
  const text = printTable(['a row', 'another', 'not run'], ['them'], cells)
  expect(text).toContain('a row    – [1]')
  expect(text).toContain('another  – [1]')
  expect(text).toContain('not run  ·')
  expect(text.split('has none')).toHaveLength(2)
})

test('a program speaks JSON lines: answers, refusals, what it has not, and its end', async () => {
  const built = buildJs()
  if (!('command' in built)) throw new Error('the JavaScript peer needs no build')
  const js = new PeerProcess('js', built.command, built.args)
  expect(await js.call('about')).toMatchObject({ implementation: 'js' })
  await expect(js.call('key.fromPublic', { bytes: { public: new Uint8Array([1]) } })).rejects.toThrow(PeerRefused)
  await expect(js.call('no.such')).rejects.toThrow(PeerUnsupported)
  await js.stop()
  await expect(js.call('about')).rejects.toThrow(PeerFailed)
})
