import { locksOf, quoted } from './postgres-names.ts'

/** The columns of one change, with their types. Of `entries` in this order, except for the first two and the last. */
export const changeColumns = [
  ['key', 'bytea'],
  ['previous', 'bytea'],
  ['entry', 'bytea'],
  ['due', 'bigint'],
  ['parts', 'integer'],
  ['record_group', 'bytea'],
  ['record_since', 'bigint'],
  ['mark_group', 'bytea'],
  ['mark_since', 'bigint'],
  ['record_bytes', 'integer'],
  ['author', 'bytea']
] as const

/** The columns of what one account gains. */
const accountColumns = [
  ['names', 'bytea[]'],
  ['records', 'bigint[]'],
  ['bytes', 'bigint[]'],
  ['marks', 'bigint[]']
] as const

/** The parameters of `write_1`, in order, with their types. */
export const writeParameters = (): readonly (readonly [string, string])[] => [
  ['lock_timeout', 'integer'],
  ['shard', 'integer'],
  ...changeColumns,
  ['totals', 'bigint[]'],
  ...accountColumns
]

/** The parameters of `write_many_1`: arrays with an element for each change, for each total of each call, and for each account. */
export const writeManyParameters = (): readonly (readonly [string, string])[] => [
  ['lock_timeout', 'integer'],
  ['shard', 'integer'],
  ['work', 'integer'],
  ['count', 'integer'],
  ['calls', 'integer[]'],
  ...changeColumns.map(([name, type]) => [name, `${type}[]`] as const),
  ['damaged', 'boolean[]'],
  ['totals', 'bigint[]'],
  ['account_calls', 'integer[]'],
  ...accountColumns
]

/** The bits of `work`: which statements are needed, as each one takes time. */
export const work = { insert: 1, update: 2, delete: 4, quarantine: 8 } as const

/** The bits of `parts`. */
export const part = { record: 1, mark: 2, publication: 4 } as const

/** The numbers in `totals`. */
export const totalNames = ['records', 'bytes', 'marks', 'publications', 'publishedRecords', 'publishedBytes'] as const

/** The call of a function with its parameters. */
export function callOf(name: string, parameters: readonly (readonly [string, string])[]): string {
  return `${name}(${parameters.map(([, type], index) => `$${index + 1}::${type}`).join(', ')})`
}

const declared = (parameters: readonly (readonly [string, string])[]): string =>
  parameters.map(([name, type]) => `in_${name} ${type}`).join(', ')

/** The columns of `entries` after `key`, from a change. */
function entryValues(of: (column: string) => string): readonly (readonly [string, string])[] {
  return [
    ['entry', of('entry')],
    ['due', of('due')],
    ...Object.entries(part).map(([name, bit]) => [`has_${name}`, `${of('parts')} & ${bit} <> 0`] as const),
    ...changeColumns.slice(5).map(([name]) => [name, of(name)] as const)
  ]
}

/**
 * Creates the functions that apply changes. They lock in one order, so that transactions do not wait for each other: existing
 * entries by key, new entries by key, one shard.
 *
 * Each session plans the statements once, as planning takes longer than running them; the plans are kept while the tables
 * grow, so none may read a whole table.
 */
export function createWriteFunctions(schema: string): string {
  return `${createWrite(schema)} ${createWriteMany(schema)}`
}

/** The next number of a shard. Two transactions that saw the same one violate the primary key, also without the lock. */
function nextChange(s: string): string {
  return `coalesce(
    (SELECT c.change FROM ${s}.changes c WHERE c.shard = in_shard ORDER BY c.change DESC LIMIT 1),
    (SELECT t.change FROM ${s}.totals t WHERE t.shard = in_shard)
  ) + 1`
}

/** `write_1` applies one change. Returns NULL, or if it refuses the change the entry that exists, empty where there is none. */
function createWrite(schema: string): string {
  const s = quoted(schema)
  const values = entryValues((column) => `in_${column}`)
  return `
    CREATE FUNCTION ${s}.write_1(${declared(writeParameters())}) RETURNS bytea LANGUAGE plpgsql SET enable_seqscan = off AS $write$
    DECLARE
      ignored text;
      found_entry bytea;
    BEGIN
      ignored := set_config('lock_timeout', in_lock_timeout::text, true);
      IF in_previous IS NULL THEN
        INSERT INTO ${s}.entries VALUES (in_key, ${values.map(([, value]) => value).join(', ')}) ON CONFLICT (key) DO NOTHING;
      ELSIF in_entry IS NULL THEN
        DELETE FROM ${s}.entries e WHERE e.key = in_key AND e.entry = in_previous;
      ELSE
        UPDATE ${s}.entries e SET ${values.map(([column, value]) => `${column} = ${value}`).join(', ')}
          WHERE e.key = in_key AND e.entry = in_previous;
      END IF;
      IF NOT FOUND THEN
        SELECT e.entry INTO found_entry FROM ${s}.entries e WHERE e.key = in_key;
        RETURN coalesce(found_entry, ''::bytea);
      END IF;
      ignored := pg_advisory_xact_lock(${locksOf(schema).shards}, in_shard)::text;
      INSERT INTO ${s}.changes VALUES (
        in_shard, ${nextChange(s)}, ARRAY[in_key], clock_timestamp(), in_totals, in_names, in_records, in_bytes, in_marks
      );
      RETURN NULL;
    END $write$;`
}

/**
 * `write_many_1` applies the changes of several calls, each of them completely or not at all. Returns the entries of the calls that it
 * refused, in the order of their changes. An entry that another transaction inserts meanwhile is a unique violation, which undoes
 * everything.
 */
function createWriteMany(schema: string): string {
  const s = quoted(schema)
  const values = entryValues((column) => `i.${column}`)
  const columns = changeColumns.map(([name]) => name)
  const changes = `unnest(in_calls, ${columns.map((name) => `in_${name}`).join(', ')}) AS i(call, ${columns.join(', ')})`
  const isApplied = 'i.call <> ALL (refused)'
  const findRefused = `
      refused := refused || ARRAY(
        SELECT DISTINCT i.call FROM unnest(in_calls, in_key, in_previous) AS i(call, key, previous)
        LEFT JOIN ${s}.entries e ON e.key = i.key WHERE ${isApplied} AND e.entry IS DISTINCT FROM i.previous
      );`
  const sums = totalNames
    .map((_, index) => `sum(i.total) FILTER (WHERE (i.number - 1) % ${totalNames.length} = ${index})`)
    .join(', ')
  return `
    CREATE FUNCTION ${s}.write_many_1(${declared(writeManyParameters())}) RETURNS TABLE (call integer, entry bytea) LANGUAGE plpgsql
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $write$
    #variable_conflict use_column
    DECLARE
      refused integer[] := '{}';
    BEGIN
      PERFORM set_config('lock_timeout', in_lock_timeout::text, true);
      -- those that are refused anyway lock nothing
      ${findRefused}
      IF cardinality(refused) < in_count AND in_work <> ${work.insert} THEN
        PERFORM 1 FROM ${s}.entries e WHERE e.key = ANY (ARRAY(
          SELECT i.key FROM unnest(in_calls, in_key) AS i(call, key) WHERE ${isApplied}
        )) ORDER BY e.key FOR UPDATE;
        ${findRefused}
      END IF;
      IF cardinality(refused) < in_count THEN
        IF in_work & ${work.quarantine} <> 0 THEN
          INSERT INTO ${s}.quarantine (key, entry, moved)
            SELECT e.key, e.entry, clock_timestamp()
            FROM unnest(in_calls, in_key, in_damaged) AS i(call, key, damaged) JOIN ${s}.entries e ON e.key = i.key
            WHERE i.damaged AND ${isApplied};
        END IF;
        IF in_work & ${work.insert} <> 0 THEN
          INSERT INTO ${s}.entries SELECT i.key, ${values.map(([, value]) => value).join(', ')}
            FROM ${changes} WHERE i.previous IS NULL AND i.entry IS NOT NULL AND ${isApplied} ORDER BY i.key;
        END IF;
        IF in_work & ${work.update} <> 0 THEN
          UPDATE ${s}.entries e SET ${values.map(([column, value]) => `${column} = ${value}`).join(', ')}
            FROM ${changes} WHERE e.key = i.key AND i.previous IS NOT NULL AND i.entry IS NOT NULL AND ${isApplied};
        END IF;
        IF in_work & ${work.delete} <> 0 THEN
          DELETE FROM ${s}.entries e USING unnest(in_calls, in_key, in_previous, in_entry) AS i(call, key, previous, entry)
            WHERE e.key = i.key AND i.previous IS NOT NULL AND i.entry IS NULL AND ${isApplied};
        END IF;
        PERFORM pg_advisory_xact_lock(${locksOf(schema).shards}, in_shard);
        INSERT INTO ${s}.changes
          SELECT in_shard, ${nextChange(s)}, (SELECT array_agg(i.key) FROM unnest(in_calls, in_key) AS i(call, key) WHERE ${isApplied}),
            clock_timestamp(), t.totals, a.names, a.records, a.bytes, a.marks
          FROM (
            SELECT ARRAY[${sums}]::bigint[] AS totals FROM unnest(in_totals) WITH ORDINALITY AS i(total, number)
              WHERE (i.number - 1) / ${totalNames.length} <> ALL (refused)
          ) t, (
            SELECT coalesce(array_agg(g.name), '{}') AS names, coalesce(array_agg(g.records), '{}') AS records,
              coalesce(array_agg(g.bytes), '{}') AS bytes, coalesce(array_agg(g.marks), '{}') AS marks
            FROM (
              SELECT i.name, sum(i.records)::bigint AS records, sum(i.bytes)::bigint AS bytes, sum(i.marks)::bigint AS marks
              FROM unnest(in_account_calls, in_names, in_records, in_bytes, in_marks) AS i(call, name, records, bytes, marks)
              WHERE ${isApplied} GROUP BY i.name
            ) g
          ) a;
      END IF;
      IF cardinality(refused) > 0 THEN
        RETURN QUERY SELECT i.call, e.entry FROM unnest(in_calls, in_key) WITH ORDINALITY AS i(call, key, number)
          LEFT JOIN ${s}.entries e ON e.key = i.key WHERE i.call = ANY (refused) ORDER BY i.number;
      END IF;
    END $write$;`
}
