import type { LevelDatabase, LevelOperation } from './level-database.ts'

/**
 * Migrates a database from one format version to the next. Returns the operations to write; they go into one batch with the
 * new header, so that a migration is applied completely or not at all.
 */
export type Migration = (database: LevelDatabase) => Promise<readonly LevelOperation[]>
