// Holds the write lock of a database until its parent says so.
import { DatabaseSync } from 'node:sqlite'

const database = new DatabaseSync(process.argv[2] ?? '')
database.exec('BEGIN IMMEDIATE')
process.once('message', () => {
  database.exec('ROLLBACK')
  database.close()
  process.disconnect()
})
process.send?.('locked')
