import type { LevelDatabase, LevelOperation } from './level-database.ts'

/**
 * Brings a database from one version to the next: answers what is to be written, which goes into one batch with the
 * new header, so that a migration has happened or has not.
 */
export type Migration = (database: LevelDatabase) => Promise<readonly LevelOperation[]>
