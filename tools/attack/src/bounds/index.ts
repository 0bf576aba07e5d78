// `npm run bounds`: fills everything that is bounded to its default bound, each in a process of its own, and prints what that takes.
// `-- --only text` runs those whose ID contains the text, `-- --disk 0.1` fills stores on disk to a tenth of their bounds, and
// `-- --write` writes the rows to docs/bounds.md. Fails when something exceeds its bound, or takes more memory than docs/bounds.md
// allows.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { keptRows, writeTable } from '../table.ts'
import type { Measured } from './measure.ts'
import type { Subject } from './subject.ts'
import { subjects } from './subjects.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    disk: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false }
  }
})

const head = [
  '| what | bound (default) | when it is full | filled to | memory, MiB | of at most | process, MiB | disk, MiB |',
  '| --- | --- | --- | ---: | ---: | ---: | ---: | ---: |'
]
const mebibytes = (bytes: number): number => bytes / 1_048_576

function measure({ id }: Subject): Measured {
  const file = fileURLToPath(new URL('measure.ts', import.meta.url))
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--expose-gc', file, id, values.disk], {
    encoding: 'utf8'
  })
  if (status !== 0) throw new Error(`${id} could not be measured: ${stderr}`)
  return JSON.parse(stdout.trim().split('\n').at(-1) as string) as Measured
}

function rowOf(subject: Subject, { count, limit, memory, rss, disk }: Measured): string {
  const cells = [
    `${subject.title} \`${subject.id}\``,
    subject.bound,
    subject.whenFull,
    `${count.toLocaleString('en')} of ${limit.toLocaleString('en')}`,
    // less than before: nothing of it grows
    mebibytes(Math.max(0, memory)).toFixed(1),
    String(subject.most),
    mebibytes(rss).toFixed(0),
    disk === 0 ? '–' : mebibytes(disk).toFixed(0)
  ]
  return `| ${cells.join(' | ')} |`
}

const rows = new Map<string, string>()
let faults = 0
console.log(head.join('\n'))
for (const subject of subjects.filter(({ id }) => id.includes(values.only))) {
  const measured = measure(subject)
  const row = rowOf(subject, measured)
  rows.set(subject.id, row)
  console.log(row)
  if (measured.count <= measured.limit && mebibytes(measured.memory) <= subject.most) continue
  faults++
  console.log(`FAULT: ${subject.id} exceeds its bound`)
}
const page = new URL('../../../../docs/bounds.md', import.meta.url)
if (values.write) {
  const old = await keptRows(page, 'bounds', head.length)
  const lines = subjects.flatMap(({ id }) => rows.get(id) ?? old.get(id) ?? [])
  await writeTable(page, 'bounds', [...head, ...lines].join('\n'))
}
process.exit(faults > 0 ? 1 : 0)
