// `npm run api` writes api.md of every package, the report of its public API, from the declarations in `dist`. It refuses a change that no
// changeset announces. `-- --check` writes nothing, and fails on such a change only.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { packageFolders, readManifest, repository } from '../repository.ts'
import { announcedLevels, changedLines, levels, neededLevel } from './announced.ts'
import { apiReport } from './report.ts'

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } })
const announced = announcedLevels(repository)
let unannounced = 0
let written = 0

for (const folder of packageFolders(repository)) {
  const manifest = readManifest(folder)
  const file = join(folder, 'api.md')
  const after = apiReport(folder, manifest)
  const before = existsSync(file) ? readFileSync(file, 'utf8') : undefined
  if (before === after) continue
  const { removed, added } = changedLines(before ?? '', after)
  const needed = before === undefined ? 'patch' : neededLevel(manifest.version, before, after)
  const level = announced.get(manifest.name) ?? 'none'
  const changes = [...removed.map((line) => `- ${line}`), ...added.map((line) => `+ ${line}`)].slice(0, 40).join('\n')
  if (levels.indexOf(level) < levels.indexOf(needed)) {
    unannounced++
    console.log(
      `The public API of ${manifest.name} changed, which needs a changeset of the level ${needed}; the level announced is ${level} (\`pnpm exec changeset\`):\n${changes}`
    )
  } else if (values.check)
    console.log(
      `The public API of ${manifest.name} changed, as announced (${level}); \`npm run api\` writes its report`
    )
  else {
    writeFileSync(file, after)
    written++
  }
}
console.log(`${written} reports written, ${unannounced} changes not announced`)
process.exitCode = unannounced === 0 ? 0 : 1
