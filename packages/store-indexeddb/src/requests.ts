/**
 * The result of a request. A transaction ends when its requests have ended and none was made: inside of it, only requests may
 * be awaited.
 */
export function resultOf<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

/** Calls `visit` with each step of a cursor, until it returns `false` or the cursor ends. */
export function eachStep<Cursor extends IDBCursor>(
  request: IDBRequest<Cursor | null>,
  visit: (cursor: Cursor) => boolean | void
): Promise<void> {
  return new Promise((resolve, reject) => {
    request.onerror = () => reject(request.error)
    request.onsuccess = () => {
      const cursor = request.result
      try {
        if (cursor === null || visit(cursor) === false) resolve()
        else cursor.continue()
      } catch (error) {
        reject(error)
      }
    }
  })
}

/** The bytes of a key in the database. */
export function keyBytes(key: IDBValidKey): Uint8Array {
  return new Uint8Array(key as ArrayBuffer)
}
