// `npm run operators-day`: runs the sessions in docs/guides/operators-day.md with real processes, compares what they print, and prints the
// time of each section. The section about PostgreSQL is skipped where the server is not installed. `UPDATE_GUIDE=1` writes what the
// commands print.
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Cluster, findServer } from '@recordkit/testing/postgres-cluster'
import { Shell } from './shell.ts'

const pathOf = (file: string): string => fileURLToPath(new URL(`../../../../${file}`, import.meta.url))
const guide = pathOf('docs/guides/operators-day.md')
/** ms that one command may take */
const timeout = 60_000
/** ms above which a command is printed */
const slow = 5000
const session = /(?<=^```console\n)[\s\S]*?(?=^```$)/gm

/** What differs from run to run. */
function normalized(text: string): string {
  return text
    .replaceAll(/\bk51[a-z0-9]{40,}/g, 'NAME')
    .replaceAll(/\b12D3Koo\w{40,}/g, 'PEER')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(/[A-Za-z0-9+/]{40,}={0,2}/g, 'BYTES')
    .replaceAll(/\d+ bytes/g, 'COUNT bytes')
    .replaceAll(/^bytes +\d+/gm, 'bytes COUNT')
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer()
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      return server
    })
  )
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

const before = readFileSync(guide, 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'recordkit-day-'))
const bin = join(folder, '.bin')
mkdirSync(bin)
const program = join(bin, 'recordkit')
writeFileSync(
  program,
  `#!/bin/sh\nexec "${process.execPath}" "${pathOf('packages/record-cli/src/main.node.ts')}" "$@"\n`
)
chmodSync(program, 0o755)
// a store of the first format, which the section about upgrades opens
mkdirSync(join(folder, 'old'))
cpSync(pathOf('vectors/recordkit/stores-0/level'), join(folder, 'old', 'store'), { recursive: true })

const postgres = findServer()
const cluster = postgres === undefined ? undefined : await Cluster.start(postgres)
const named = [...new Set(before.match(/\b(?:400|819)\d\b/g) ?? [])]
const found = await freePorts(named.length)
const ports = new Map(named.map((port, index) => [port, String(found[index])]))
if (cluster !== undefined) ports.set('5432', String(cluster.port))
const numbers = (text: string, map: ReadonlyMap<string, string>): string =>
  text.replaceAll(/\b\d{4,5}\b/g, (port) => map.get(port) ?? port)
const back = new Map([...ports].map(([port, used]) => [used, port]))

const env = { PATH: bin + delimiter + process.env['PATH'], HOME: folder, NO_COLOR: '1' }
const shell = new Shell(folder, env)
const sections = before.split(/^(?=## )/m)
let [passed, failed, skipped] = [0, 0, 0]
let name = ''
const written: string[] = []
try {
  for (const section of sections) {
    const title = /^## (.*)/.exec(section)?.[1] ?? ''
    let after = section
    if (section.includes('postgres://') && cluster === undefined) {
      skipped++
      console.log(`skip ${title}: the server of PostgreSQL is not installed`)
    } else if (session.test(section)) {
      const started = performance.now()
      for (const commands of section.match(session) ?? []) {
        let shown = ''
        for (const line of commands.split('\n').filter((text) => text.startsWith('$ '))) {
          const command = numbers(line.slice(2), ports).replaceAll(/k51[a-z0-9]{40,}/g, name)
          // oxlint-disable-next-line no-await-in-loop -- a day has an order
          const begun = performance.now()
          const output = numbers(await shell.run(command, timeout), back)
          const taken = performance.now() - begun
          if (taken > slow) console.log(`     ${(taken / 1000).toFixed(1)} s: ${line.slice(2)}`)
          name ||= /k51[a-z0-9]{40,}/.exec(output)?.[0] ?? ''
          shown += `${line.replaceAll(/k51[a-z0-9]{40,}/g, name)}\n${output}`
        }
        after = after.replace(commands, () => shown)
      }
      const isSame = normalized(after) === normalized(section) || process.env['UPDATE_GUIDE'] === '1'
      if (isSame) passed++
      else failed++
      const seconds = ((performance.now() - started) / 1000).toFixed(1)
      console.log(`${isSame ? 'ok  ' : 'FAIL'} ${title} (${seconds} s)`)
      if (!isSame) console.log(after.replaceAll(/^/gm, '  '))
    }
    session.lastIndex = 0
    written.push(after)
  }
} catch (error) {
  failed++
  console.log(`FAIL ${(error as Error).message}`)
} finally {
  shell.end()
  cluster?.remove()
  rmSync(folder, { recursive: true, force: true })
}
if (process.env['UPDATE_GUIDE'] === '1' && failed === 0) writeFileSync(guide, written.join(''))
console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`)
process.exit(failed === 0 ? 0 : 1)
