export { couldBeEclipsed, eclipseDensity, membersOf, partsOf, randomIn, regionAround } from './eclipse-region.ts'
export { NetworkSize } from './network-size.ts'
export { ReadWalk } from './read-walk.ts'
