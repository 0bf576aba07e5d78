import { createCountFunctions } from './count-functions.ts'
import { quoted } from './postgres-names.ts'
import { createWriteFunctions } from './write-functions.ts'

/** What the row of the format table names. */
export const formatName = 'recordkit/store-postgres'
/** The version of the tables and of the functions. */
export const formatVersion = 1

/**
 * Into how many sequences the changes are split. A transaction has the next number of one shard, which it locks until it
 * commits: the changes of one shard are numbered in the order of their commits, without gaps.
 */
export const shardCount = 8

/**
 * Creates the tables. A transaction changes `entries` and adds one row to `changes`, which also contains what it adds to the
 * totals and accounts: rows that all transactions change would make them commit one after another. The function `fold_1` adds
 * up what many transactions have added, up to the number `change` of each shard in `totals`. Times are ns since the Unix epoch minus 2^63: PostgreSQL has no unsigned integers. The sizes of groups
 * are logarithms, in steps of a sixteenth, so that their indexes change rarely.
 */
export function createTables(schema: string): string {
  const s = quoted(schema)
  const size = (measure: string): string =>
    `smallint GENERATED ALWAYS AS (CASE WHEN is_group AND ${measure} > 0 THEN floor(ln(${measure}::float8) * 16.5)::smallint END) STORED`
  return `
    CREATE TABLE ${s}.format (id integer PRIMARY KEY, name text NOT NULL, version integer NOT NULL);
    INSERT INTO ${s}.format VALUES (1, '${formatName}', ${formatVersion});
    CREATE TABLE ${s}.entries (
      key bytea PRIMARY KEY, entry bytea NOT NULL, due bigint,
      has_record boolean NOT NULL, has_mark boolean NOT NULL, has_publication boolean NOT NULL,
      record_group bytea, record_since bigint, mark_group bytea, mark_since bigint, record_bytes integer, author bytea
    ) WITH (fillfactor = 90);
    CREATE INDEX entries_due ON ${s}.entries (due) WHERE due IS NOT NULL;
    CREATE INDEX entries_publications ON ${s}.entries (key) WHERE has_publication;
    CREATE INDEX entries_record_members ON ${s}.entries (record_group, record_since) WHERE record_group IS NOT NULL;
    CREATE INDEX entries_mark_members ON ${s}.entries (mark_group, mark_since) WHERE mark_group IS NOT NULL;
    CREATE TABLE ${s}.accounts (
      name bytea PRIMARY KEY, is_group boolean NOT NULL,
      records bigint NOT NULL, bytes bigint NOT NULL, marks bigint NOT NULL, writes bigint NOT NULL,
      records_size ${size('records')}, bytes_size ${size('bytes')}, marks_size ${size('marks')}
    ) WITH (fillfactor = 50);
    CREATE INDEX accounts_records ON ${s}.accounts (records_size) WHERE records_size IS NOT NULL;
    CREATE INDEX accounts_bytes ON ${s}.accounts (bytes_size) WHERE bytes_size IS NOT NULL;
    CREATE INDEX accounts_marks ON ${s}.accounts (marks_size) WHERE marks_size IS NOT NULL;
    CREATE TABLE ${s}.totals (
      shard integer PRIMARY KEY, change bigint NOT NULL, records bigint NOT NULL, bytes bigint NOT NULL, marks bigint NOT NULL,
      publications bigint NOT NULL, published_records bigint NOT NULL, published_bytes bigint NOT NULL, groups bigint NOT NULL
    ) WITH (fillfactor = 10);
    INSERT INTO ${s}.totals SELECT shard, 0, 0, 0, 0, 0, 0, 0, 0 FROM generate_series(0, ${shardCount - 1}) AS t(shard);
    CREATE TABLE ${s}.changes (
      shard integer NOT NULL, change bigint NOT NULL, keys bytea[] NOT NULL, written timestamptz NOT NULL,
      totals bigint[] NOT NULL, names bytea[] NOT NULL, records bigint[] NOT NULL, bytes bigint[] NOT NULL, marks bigint[] NOT NULL,
      PRIMARY KEY (shard, change)
    );
    CREATE TABLE ${s}.leases (name text PRIMARY KEY, holder text NOT NULL, until timestamptz NOT NULL);
    CREATE TABLE ${s}.quarantine (
      key bytea NOT NULL, entry bytea NOT NULL, moved timestamptz NOT NULL
    );
    ${createWriteFunctions(schema)}
    ${createCountFunctions(schema)}`
}
