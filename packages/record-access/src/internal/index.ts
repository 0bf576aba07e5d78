export { TokenBuckets } from '../token-buckets.ts'
export type { TokenBucketsOptions } from '../token-buckets.ts'
