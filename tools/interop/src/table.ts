import { Check } from './check.ts'
import { type Implementation, OperationUnsupported } from './implementation.ts'

export type State = 'ok' | 'unsupported' | 'failed' | 'skipped'

export interface Cell {
  readonly row: string
  readonly column: string
  readonly state: State
  /** why it is not ok */
  readonly reason?: string | undefined
  /** parts of the row that the implementation does not support, although the rest is ok */
  readonly notes: readonly string[]
  readonly checks: number
  readonly milliseconds: number
}

/** One format in one direction, run against one implementation. */
export interface Row {
  readonly name: string
  run(implementation: Implementation, check: Check): Promise<void>
}

/** ms; a cell that takes longer hangs */
const cellTimeout = 120_000

export async function runCell(row: Row, implementation: Implementation): Promise<Cell> {
  const check = new Check()
  const started = Date.now()
  const cell = (state: State, reason?: string): Cell => ({
    row: row.name,
    column: implementation.name,
    state,
    reason,
    notes: check.notes.filter((note) => note !== reason),
    checks: check.passed,
    milliseconds: Date.now() - started
  })
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${cellTimeout / 1000} s`)), cellTimeout)
  })
  try {
    await Promise.race([row.run(implementation, check), late])
    return check.passed === 0 ? cell('failed', 'nothing was checked') : cell('ok')
  } catch (error) {
    const { message } = error as Error
    return error instanceof OperationUnsupported ? cell('unsupported', message) : cell('failed', message)
  } finally {
    clearTimeout(timer)
  }
}

/** Formats the table, with numbered reasons below it. */
export function printTable(rows: readonly string[], columns: readonly string[], cells: readonly Cell[]): string {
  const reasons: string[] = []
  const mark = (text: string): string => {
    if (!reasons.includes(text)) reasons.push(text)
    return `[${reasons.indexOf(text) + 1}]`
  }
  const grid = rows.map((row) => [
    row,
    ...columns.map((column) => {
      const cell = cells.find((one) => one.row === row && one.column === column)
      if (cell === undefined) return '·'
      if (cell.state === 'ok') return ['ok', ...cell.notes.map(mark)].join(' ')
      if (cell.state === 'unsupported') return `– ${mark(cell.reason ?? '')}`
      if (cell.state === 'skipped') return `skipped ${mark(cell.reason ?? '')}`
      return `FAILED ${mark(cell.reason ?? '')}`
    })
  ])
  const lines = [['', ...columns], ...grid]
  const widths = lines[0]?.map((_, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0))) ?? []
  const text = lines.map((line) =>
    line
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd()
  )
  text.splice(1, 0, widths.map((width) => '─'.repeat(width)).join('  '))
  const legend = 'ok [n]: all but n; – [n]: not supported, for reason n; · : not run'
  return [...text, '', legend, ...reasons.map((reason, index) => `[${index + 1}] ${reason}`)].join('\n')
}
