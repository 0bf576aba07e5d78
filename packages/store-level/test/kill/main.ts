// `node test/kill/main.ts 500`: 500 rounds with `durable` and 500 without.
import { killRounds } from './kill-rounds.ts'

const rounds = Number(process.argv[2] ?? 500)
for (const durable of [true, false]) {
  const { acknowledged, lost, problems } = await killRounds(rounds, durable)
  console.log(
    `durable: ${durable}: ${rounds} kills, ${acknowledged} writes acknowledged, ${lost.length} lost, ${problems.length} problems`
  )
  for (const line of [...lost, ...problems]) console.log(`  ${line}`)
  if (lost.length + problems.length > 0) process.exitCode = 1
}
