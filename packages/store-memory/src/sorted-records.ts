import { compareBytes } from '@recordkit/record-types'
import type { RecordTable } from './record-table.ts'
import { SortedView } from './sorted-view.ts'

/** The handles of the records of a table, in byte order of their keys. */
export function sortedRecords(table: RecordTable): SortedView<number> {
  return new SortedView({
    all: () => table.handles(),
    exists: (handle) => table.isValid(handle),
    key: (handle) => table.key(table.slotOf(handle)),
    compare: compareBytes
  })
}
