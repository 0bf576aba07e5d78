import type { PutReceipt } from '@recordkit/record-types'
import type { RecordView } from './record-view.ts'

/** The progress of one call, as libp2p's progress-events. `record:get:stored` reports the stored record, `record:get:lookup` is sent before peers are asked. */
export type ManagerProgress =
  | { readonly type: 'record:put:stored'; readonly detail: RecordView }
  | { readonly type: 'record:put:copied'; readonly detail: PutReceipt }
  | { readonly type: 'record:get:stored'; readonly detail: RecordView | undefined }
  | { readonly type: 'record:get:lookup'; readonly detail: undefined }
  | { readonly type: 'record:get:found'; readonly detail: RecordView | undefined }

/** Options of a call that reports its progress. An error that the callback throws ends the call. */
export interface ProgressOptions {
  readonly onProgress?: ((event: ManagerProgress) => void) | undefined
}
