// What `cold.ts` bundles and runs.
import { ed25519Sodium } from '@recordkit/record-crypto/ed25519-sodium'
import { formatLine } from './format.ts'
import { codecLines } from './lines/codec.ts'
import { coldLines, coldLinesBy } from './lines/cold.ts'
import { ipnsLines } from './lines/ipns.ts'
import { recordLines } from './lines/records.ts'
import { measure } from './measure.ts'

const only = process.argv[2] === '--only' ? (process.argv[3] ?? '') : ''
const hot = [...codecLines, ...ipnsLines, ...recordLines].filter(({ name }) =>
  /^(decode|parse|validate|resolve|open)/.test(name)
)
const lines = [...hot, ...coldLines, ...coldLinesBy(ed25519Sodium, 'sodium-native', { one: 2.5, batch: 5 })]

console.log(`Node.js ${process.version}, OpenSSL ${process.versions.openssl}`)
for (const line of lines.filter(({ name }) => name.includes(only))) console.log(formatLine(await measure(line)))
process.exit(0)
