import type { ByteLayout, ByteRange, RangeRole } from '@recordkit/record-inspect'

/** Bytes next to each other that are drawn alike. */
export interface HexSegment {
  readonly start: number
  readonly end: number
  /** of the innermost field; `undefined` for bytes outside of all fields */
  readonly path: string | undefined
  readonly role: RangeRole
  /** whether the bytes are the number, name or length of the field */
  readonly isHead: boolean
  readonly isSigned: boolean
}

export interface HexRow {
  readonly start: number
  readonly segments: readonly HexSegment[]
}

interface Cell {
  range: ByteRange | undefined
  isHead: boolean
  isSigned: boolean
}

/**
 * The rows of a hexadecimal view.
 *
 * @param to - the offset after the last byte that is drawn
 * @param columns - bytes per row
 */
export function hexRows({ ranges, coverage }: ByteLayout, to: number, columns: number): readonly HexRow[] {
  const cells = Array.from({ length: to }, (): Cell => ({ range: undefined, isHead: false, isSigned: false }))
  paint(cells, ranges)
  for (const { covers } of coverage)
    for (const { start, end } of covers) for (let at = start; at < Math.min(end, to); at++) cells[at]!.isSigned = true
  const rows: HexRow[] = []
  for (let start = 0; start < to; start += columns)
    rows.push({ start, segments: segments(cells, start, Math.min(start + columns, to)) })
  return rows
}

function paint(cells: Cell[], ranges: readonly ByteRange[]): void {
  for (const range of ranges) {
    if (range.start >= cells.length) continue
    for (let at = range.start; at < Math.min(range.end, cells.length); at++) {
      const cell = cells[at]!
      cell.range = range
      cell.isHead = at < range.contentStart
    }
    paint(cells, range.ranges)
  }
}

function segments(cells: readonly Cell[], from: number, to: number): HexSegment[] {
  const found: HexSegment[] = []
  let start = from
  for (let at = from + 1; at <= to; at++) {
    const cell = cells[start]!
    const next = at < to ? cells[at]! : undefined
    const isSame = next?.range === cell.range && next?.isHead === cell.isHead && next?.isSigned === cell.isSigned
    if (next !== undefined && isSame) continue
    const { range, isHead, isSigned } = cell
    found.push({ start, end: at, path: range?.path, role: range?.role ?? 'unknown', isHead, isSigned })
    start = at
  }
  return found
}

/** All fields in the order of their bytes, with their depth. */
export function flatFields(
  ranges: readonly ByteRange[],
  depth = 0
): readonly { readonly range: ByteRange; readonly depth: number }[] {
  return ranges.flatMap((range) => [{ range, depth }, ...flatFields(range.ranges, depth + 1)])
}

/** The signatures that cover a whole field; that of a container is covered when its content is. */
export function coveredBy(
  { coverage }: ByteLayout,
  { contentStart, start, end, ranges }: ByteRange
): readonly string[] {
  const from = ranges.length > 0 ? contentStart : start
  return coverage
    .filter(({ covers }) =>
      covers.some(
        (part) => (part.start <= from || part.start === contentStart) && end <= part.end && end > contentStart
      )
    )
    .map(({ signature }) => signature)
}
