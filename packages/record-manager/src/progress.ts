import type { PutReceipt } from '@recordkit/record-types'
import type { RecordView } from './record-view.ts'

/** What one call has come to so far, in the shape of libp2p's progress-events. */
export type ManagerProgress =
  | { readonly type: 'record:put:stored'; readonly detail: RecordView }
  | { readonly type: 'record:put:copied'; readonly detail: PutReceipt }
  | { readonly type: 'record:get:held'; readonly detail: RecordView | undefined }
  | { readonly type: 'record:get:asking'; readonly detail: undefined }
  | { readonly type: 'record:get:found'; readonly detail: RecordView | undefined }

/** Takes progress where a call's options ask for it. What the callback throws ends the call. */
export interface ProgressOptions {
  readonly onProgress?: (event: ManagerProgress) => void
}
