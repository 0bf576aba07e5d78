export { serve } from './calls.ts'
export { Child } from './child.ts'
