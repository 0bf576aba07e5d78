export { datastoreKey, exportDatastore, importDatastore, recordKeyOf } from './go-datastore.ts'
export type { DatastoreEntry, ImportOptions, ImportReport, Opened } from './go-datastore.ts'
