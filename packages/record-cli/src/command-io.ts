/** What a command line reads and writes. */
export interface CommandIo {
  /** the bytes of the standard input */
  readonly input: AsyncIterable<Uint8Array>
  /** whether the input is a terminal */
  readonly isInputTerminal: boolean
  /** whether the output is a terminal: only then it has colours */
  readonly isTerminal: boolean
  /** writes to the standard output; resolves when more can be written */
  write(output: string | Uint8Array): Promise<void>
  /** writes a line for people to the standard error */
  note(line: string): void
  /** shows a text in place on the terminal of the standard error; `undefined` where it is not a terminal */
  readonly showStatus?: ((text: string) => void) | undefined
  /** asks a question on the terminal. What is typed is not shown. `undefined` without a terminal */
  askSecret(question: string): Promise<string | undefined>
  readonly env: Readonly<Record<string, string | undefined>>
  /** aborts when the user interrupts the command */
  readonly signal: AbortSignal
}
