// `node tools/checks/src/language/index.ts packages/record-codec`: lists the lines that contain an avoided phrase.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { findAvoided } from './avoid.ts'

const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '--', ...process.argv.slice(2)], {
  encoding: 'utf8'
})
let count = 0
for (const file of files.split('\n')) {
  if (!/\.(?:ts|mjs|md|pml)$/.test(file) || file.includes('checks/src/language') || file.includes('CHANGELOG')) continue
  for (const { line, text, instead } of findAvoided(readFileSync(file, 'utf8'))) {
    count++
    console.log(`${file}:${line}: ${text.slice(0, 140)} → ${instead}`)
  }
}
console.log(`${count} lines`)
