/** Tells a story on the console and ends the process: with 0 only if every step held. */
export async function run(story: (say: (line: string) => void) => Promise<number>): Promise<never> {
  const failed = await story((line) => console.log(line))
  console.log(failed === 0 ? '\nEvery step held.' : `\n${failed} steps did not hold.`)
  process.exit(failed === 0 ? 0 : 1)
}
