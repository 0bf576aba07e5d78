/** Runs a scenario, prints its steps, and exits with 0 only if no step failed. */
export async function run(scenario: (print: (line: string) => void) => Promise<number>): Promise<never> {
  const failed = await scenario((line) => console.log(line))
  console.log(failed === 0 ? '\nAll steps passed.' : `\n${failed} steps failed.`)
  process.exit(failed === 0 ? 0 : 1)
}
