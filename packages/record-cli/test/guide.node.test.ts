import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { runCommand, temporaryDirectory } from './run-command.ts'

const guide = fileURLToPath(new URL('../../../docs/guides/command-line.md', import.meta.url))
/** the sessions: `$ recordkit …`, and below each line what it prints */
const sessions = /(?<=^```console\n)[\s\S]*?(?=^```$)/gm

/** What differs from run to run: names, peer IDs, times, sequences, signatures. */
function normalized(text: string): string {
  return (
    text
      .replaceAll(/\bk51[a-z0-9]{40,}/g, 'NAME')
      .replaceAll(/\b12D3Koo\w{40,}/g, 'PEER')
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
      .replaceAll(/\b\d{13}\b/g, 'SEQUENCE')
      .replaceAll(/[A-Za-z0-9+/]{30,}={0,2}/g, 'BYTES')
      // a time whose last digits are 0 is shorter
      .replaceAll(/\b(offset|length|size|bytes)("?:? +)\d+/g, '$1$2COUNT')
      .replaceAll(/\d+ bytes/g, 'COUNT bytes')
      .replaceAll(/"timeLeft": \d+/g, '"timeLeft": SECONDS')
  )
}

/** The words of a command line, with quotes as a shell reads them. */
function words(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? '')
}

// `UPDATE_GUIDE=1` writes what the commands print
test('the terminal sessions in docs/guides/command-line.md show what the commands print', async () => {
  const before = readFileSync(guide, 'utf8')
  const data = temporaryDirectory()
  const folder = process.cwd()
  process.chdir(temporaryDirectory())
  let after = before
  let name = ''
  try {
    for (const session of before.match(sessions) ?? []) {
      let shown = ''
      for (const line of session.split('\n').filter((text) => text.startsWith('$ recordkit '))) {
        // names in the guide are those of its own key
        const argv = words(line.slice('$ recordkit '.length)).map((word) => word.replace(/k51[a-z0-9]{40,}/, name))
        const { output, notes } = await runCommand(argv, { env: { RECORDKIT_DATA: data } })
        name ||= /k51[a-z0-9]{40,}/.exec(output)?.[0] ?? ''
        shown += `${line.replace(/k51[a-z0-9]{40,}/, name)}\n${output}${notes}`
      }
      after = after.replace(session, () => shown)
    }
  } finally {
    process.chdir(folder)
  }
  if (process.env['UPDATE_GUIDE'] === '1') writeFileSync(guide, after)
  else expect(normalized(after)).toBe(normalized(before))
})
