/** What the store uses of a connection pool: a `Pool` of `pg` fits, and so does any driver behind these few methods. */
export interface PostgresPool {
  /** Resolves to a free connection. */
  connect(): Promise<PostgresConnection>
  /** Errors of idle connections. Without a listener they would end a Node process. */
  on?(event: 'error', listener: (error: Error) => void): unknown
  /** Closes the pool; needed for the option `closePool`. */
  end?(): Promise<void>
  readonly options?: { readonly max?: number | undefined } | undefined
}

/** A connection that is used by one caller at a time. */
export interface PostgresConnection {
  /**
   * Runs a statement with parameters, or several statements without parameters. One with a name may be kept prepared under
   * this name by the driver, or run as any other. Byte fields of rows are Uint8Arrays, texts are
   * strings. Rejects with an error whose `code` is the SQLSTATE of the server, or with another error when the connection fails.
   */
  query(statement: string | PostgresStatement, values?: unknown[]): Promise<PostgresResult>
  /** Returns the connection to the pool, or closes it when there is an argument. */
  release(error?: Error | boolean): void
  /** `error`: the connection is lost; `notification`: another process has changed the store. */
  on?(event: 'error' | 'notification', listener: (error: Error) => void): unknown
  off?(event: 'error' | 'notification', listener: (error: Error) => void): unknown
}

/** A statement that is run often. */
export interface PostgresStatement {
  /** different for each text */
  readonly name: string
  readonly text: string
  readonly values: unknown[]
}

/** The result of a statement. */
export interface PostgresResult {
  readonly rows: readonly unknown[]
}
