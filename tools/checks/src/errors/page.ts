import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { advice } from './advice.ts'

const root = fileURLToPath(new URL('../../../..', import.meta.url))

export const errorsFile = join(root, 'docs/errors.md')

/** The unions of errors.ts, in the order of the page. */
const groups = [
  ['KnownErrorCode', 'All packages', ''],
  [
    'RefusalCode',
    'Records that are not accepted',
    'Some also count against their sender: see [refusals.md](refusals.md).'
  ],
  ['CryptoErrorCode', 'Signatures', ''],
  ['KeyFileErrorCode', 'Private keys and their files', ''],
  ['StoreErrorCode', 'Stores', ''],
  ['RoutingErrorCode', 'Networks', ''],
  ['ManagerErrorCode', 'Managers', ''],
  [
    'CodecErrorCode',
    'Malformed bytes and text',
    'Refuse bytes that a peer sent: a retry gives the same result. If they are your own, the row says what to correct; `offset` is the ' +
      'position in the bytes. `TOO_LARGE` has `size` and `limit`.'
  ]
] as const

interface Row {
  readonly name: string
  readonly when: string
}

/** The page docs/errors.md, from errors.ts, the tables in the READMEs, and {@link advice}. */
export function errorsPage(): string {
  const source = readFileSync(join(root, 'packages/record-types/src/errors.ts'), 'utf8')
  const { rows, mentions } = readReadmes()
  const sections = groups.map(([union, title, introduction]) => {
    const [, body = ''] = new RegExp(`^export type ${union} =([\\s\\S]*?)\\n\\n`, 'm').exec(source) ?? []
    const codes = [...body.matchAll(/'([A-Z][A-Z0-9_]+)'/g)].map(([, code]) => code as string)
    const malformed = union === 'CodecErrorCode'
    const lines = codes.map((code) => {
      const found = rows.get(code) ?? []
      const others = (mentions.get(code) ?? []).filter((name) => found.every((row) => row.name !== name))
      const cells = found.map(({ name, when }) => `${linkTo(name)}: ${when}`)
      if (others.length > 0) cells.push(`also ${others.map(linkTo).join(', ')}`)
      const cell = `| \`${code}\` | ${cells.join('<br>')} |`
      return malformed ? cell : `${cell} ${advice[code] ?? ''} |`
    })
    const head = malformed
      ? '| code | package: when |\n| --- | --- |'
      : '| code | package: when | what to do |\n| --- | --- | --- |'
    return [`## ${title}`, ...(introduction === '' ? [] : [introduction, '']), head, ...lines].join('\n')
  })
  return `${heading}\n${sections.join('\n\n')}\n`
}

const heading = `# Error codes

This page lists every code of a \`RecordError\` and of a refusal, the packages that use it, and what to do. It is generated from the tables
in the READMEs of the packages by \`pnpm run errors\` in \`tools/checks\`; a test compares it with them.

Match on \`error.code\`, or use \`isRecordError(error, 'STALE')\` of [record-types](../packages/record-types/README.md#error-codes); do not
use \`instanceof\`. Codes are stable, messages are not. The reason of an aborted \`signal\` is thrown unchanged, and has no code.
`

function readReadmes(): { rows: Map<string, Row[]>; mentions: Map<string, string[]> } {
  const rows = new Map<string, Row[]>()
  const mentions = new Map<string, string[]>()
  for (const name of readdirSync(join(root, 'packages')).sort()) {
    const readme = readFileSync(join(root, 'packages', name, 'README.md'), 'utf8')
    const [, rest = ''] = readme.split(/^## Error codes$/m)
    for (const line of (rest.split(/^## /m)[0] as string).split('\n')) {
      const cells = line.startsWith('|') ? line.slice(1, -1).split('|') : []
      for (const [, code = ''] of (cells[0] ?? line).matchAll(/`([A-Z][A-Z0-9_]+)`/g)) {
        // the last cell: tables of refusals have a status in between
        if (cells.length > 0) push(rows, code, { name, when: (cells.at(-1) as string).trim() })
        else push(mentions, code, name)
      }
    }
  }
  return { rows, mentions }
}

function linkTo(name: string): string {
  return `[${name}](../packages/${name}/README.md#error-codes)`
}

function push<Value>(map: Map<string, Value[]>, key: string, value: Value): void {
  const all = map.get(key) ?? []
  if (!all.includes(value)) all.push(value)
  map.set(key, all)
}
