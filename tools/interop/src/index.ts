// `npm run interop`: builds the other implementations, runs the matrix and prints one table.
import { pruneCache } from './builds.ts'
import type { Built } from './builds.ts'
import { builders, launch } from './launch.ts'
import type { Implementation } from './implementation.ts'
import { delegatedRows } from './rows/delegated.ts'
import { dhtRows } from './rows/dht.ts'
import { envelopeRows } from './rows/envelopes.ts'
import { ipnsRows } from './rows/ipns.ts'
import { ownerRows } from './rows/owners.ts'
import { keyRows } from './rows/keys.ts'
import { pubsubRows } from './rows/pubsub.ts'
import { recordRows } from './rows/records.ts'
import { endSession } from './session.ts'
import { type Cell, type Row, printTable, runCell } from './table.ts'

const usage = `npm run interop -- [--json] [--only go,rust,python,js,kubo] [--rows text]
  --json   print the cells as JSON on stdout, everything else on stderr
  --only   these implementations
  --rows   rows whose name contains the text`

const arguments_ = process.argv.slice(2)
if (arguments_.includes('--help')) {
  console.log(usage)
  process.exit(0)
}
const json = arguments_.includes('--json')
const option = (name: string): string | undefined => {
  const index = arguments_.indexOf(name)
  return index === -1 ? undefined : arguments_[index + 1]
}
const print = (line: string): void => (json ? console.error(line) : console.log(line))

const rows: readonly Row[] = [
  ...keyRows,
  ...ipnsRows,
  ...ownerRows,
  ...recordRows,
  ...envelopeRows,
  ...dhtRows,
  ...delegatedRows,
  ...pubsubRows
]
/** Kubo publishes to the DHT only after it has found a peer there: the rows that connect it run first. */
const order: readonly Row[] = [...dhtRows, ...rows.filter((row) => !dhtRows.includes(row))]

const only = option('--only')?.split(',')
const part = option('--rows')
const columns = [...builders.keys()].filter((name) => only?.includes(name) ?? true)
const wanted = order.filter((row) => part === undefined || row.name.includes(part))

/** ms; a column normally takes seconds */
const columnTimeout = 300_000

/** Runs the cells of a column one after another. */
async function runColumn(name: string, built: Built): Promise<Cell[]> {
  const all = (state: Cell['state'], reason: string): Cell[] =>
    wanted.map((row) => ({ row: row.name, column: name, state, reason, notes: [], checks: 0, milliseconds: 0 }))
  if ('missing' in built) return all('skipped', built.missing)
  if ('broken' in built) return all('failed', `does not build: ${built.broken}`)
  let implementation: Implementation
  try {
    implementation = await launch(name, built)
    const { versions } = await implementation.call('about')
    print(
      `${name}: ${Object.entries(versions as object)
        .map((entry) => entry.join(' '))
        .join(', ')}`
    )
  } catch (error) {
    return all('failed', `does not start: ${(error as Error).message}`)
  }
  const cells: Cell[] = []
  const started = Date.now()
  try {
    for (const row of wanted) {
      if (Date.now() - started < columnTimeout) cells.push(await runCell(row, implementation))
      else
        cells.push(
          ...all('failed', `its column took longer than ${columnTimeout / 1000} s`).filter(
            (cell) => cell.row === row.name
          )
        )
    }
  } finally {
    await endSession(implementation)
    await implementation.stop()
  }
  return cells
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

const built = new Map<string, Built>()
for (const name of columns) {
  const result = (await builders.get(name)?.(print)) ?? { missing: `there is no implementation named ${name}` }
  built.set(name, result)
  if ('missing' in result) print(result.missing)
}
pruneCache()

const cells = (await Promise.all([...built].map(([name, one]) => runColumn(name, one)))).flat()

const count = (state: Cell['state']): number => cells.filter((cell) => cell.state === state).length
const failed = count('failed')
if (json) console.log(JSON.stringify(cells, null, 2))
else {
  const shown = rows.filter((row) => wanted.includes(row)).map((row) => row.name)
  console.log(`\n${printTable(shown, columns, cells)}\n`)
}
print(`${count('ok')} passed, ${failed} failed, ${count('unsupported') + count('skipped')} skipped`)
process.exit(failed === 0 ? 0 : 1)
