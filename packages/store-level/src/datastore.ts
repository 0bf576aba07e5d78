export { datastoreKey, exportDatastore, importDatastore, recordKeyFromDatastoreKey } from './go-datastore.ts'
export type { DatastoreEntry, ImportOptions, ImportReport, DatastoreRecordInfo } from './go-datastore.ts'
