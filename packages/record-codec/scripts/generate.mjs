// Compiles proto/*.proto to test/generated with protons: the oracle that the codec is held against.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

const sources = readdirSync('proto').map((name) => `proto/${name}`)
execFileSync('protons', [...sources, '--output', 'test/generated', '--path', 'proto'], { stdio: 'inherit' })
for (const name of readdirSync('test/generated')) {
  const path = `test/generated/${name}`
  // the compiler's output is not written for this workspace's strictness
  writeFileSync(path, `// @ts-nocheck\n${readFileSync(path, 'utf8')}`)
}
