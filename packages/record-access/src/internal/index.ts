export { TokenBuckets } from '../token-buckets.ts'
export type { TokenBucketsOptions } from '../token-buckets.ts'
export { WorkBudget } from '../work-budget.ts'
export type { WorkBudgetOptions } from '../work-budget.ts'
