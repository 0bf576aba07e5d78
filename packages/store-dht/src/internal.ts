export { ReadWalk } from './read-walk.ts'
