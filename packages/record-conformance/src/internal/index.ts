export { collect } from '../assert.ts'
