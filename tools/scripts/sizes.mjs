// Measures the programs of .size-limit.json, keeps what they weigh there (3 % more fails) and in the README's table.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = new URL('../../', import.meta.url)
const kept = new URL('.size-limit.json', root)
const { stdout } = spawnSync('pnpm', ['exec', 'size-limit', '--json'], { cwd: fileURLToPath(root), encoding: 'utf8' })
const measured = new Map(JSON.parse(stdout).map(({ name, size }) => [name, size]))
const programs = JSON.parse(readFileSync(kept, 'utf8')).map((program) => {
  const size = measured.get(program.name)
  return { ...program, limit: `${Math.floor(size * 1.03) + 1} B` }
})
writeFileSync(kept, `${JSON.stringify(programs, null, 2)}\n`)

const rows = programs.map(({ name }) => `| ${name} | ${(measured.get(name) / 1000).toFixed(1)} kB |`)
const table = [
  '<!-- sizes -->',
  '| program, bundled for a browser | gzip |',
  '| --- | --- |',
  ...rows,
  '| any package, imported and unused | 0 B |',
  '<!-- /sizes -->'
]
const readme = new URL('README.md', root)
const text = readFileSync(readme, 'utf8').replace(/<!-- sizes -->[\s\S]*<!-- \/sizes -->/, table.join('\n'))
writeFileSync(readme, text)
console.log(rows.join('\n'))
