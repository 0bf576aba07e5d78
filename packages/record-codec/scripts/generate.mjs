// Compiles proto/*.proto to test/generated with protons. The tests compare the codec with the result.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

const sources = readdirSync('proto').map((name) => `proto/${name}`)
execFileSync('protons', [...sources, '--output', 'test/generated', '--path', 'proto'], { stdio: 'inherit' })
for (const name of readdirSync('test/generated')) {
  const path = `test/generated/${name}`
  // the output of the compiler does not pass the strict options of this workspace
  writeFileSync(path, `// @ts-nocheck\n${readFileSync(path, 'utf8')}`)
}
