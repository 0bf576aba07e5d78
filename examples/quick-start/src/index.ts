import { story } from './story.ts'

const failed = await story((line) => console.log(line))
console.log(failed === 0 ? '\nEvery step held.' : `\n${failed} steps did not hold.`)
process.exit(failed === 0 ? 0 : 1)
