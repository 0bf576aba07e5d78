export {
  checkedLimits,
  checkedOperations,
  checkedRange,
  checkedRecord,
  checkedSignal,
  checkKey,
  checkRecord,
  copyIfValue,
  copyMark,
  copyRecord
} from '../store-arguments.ts'
export type { CheckedRange } from '../store-arguments.ts'
export { closedError, storeError, wrapErrors } from '../store-errors.ts'
