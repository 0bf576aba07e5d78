/** What the row of the format table names. */
export const formatName = 'recordkit/store-postgres'
/** The version of the tables and of the function. */
export const formatVersion = 1

/**
 * Into how many rows the totals are split. A transaction adds to one of them, which it locks until it commits: the changes of
 * one shard are numbered in the order of their commits.
 */
export const shardCount = 8

/** An identifier in double quotes. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** The channel of notifications of a schema. */
export function channelOf(schema: string): string {
  return `recordkit:${schema}`
}

/**
 * Creates the tables. Times are ns since the Unix epoch minus 2^63: PostgreSQL has no unsigned integers. The sizes of groups
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
      shard integer NOT NULL, change bigint NOT NULL, keys bytea[] NOT NULL, written timestamptz NOT NULL, PRIMARY KEY (shard, change)
    );
    CREATE INDEX changes_written ON ${s}.changes (written);
    CREATE TABLE ${s}.leases (name text PRIMARY KEY, holder text NOT NULL, until timestamptz NOT NULL);
    CREATE TABLE ${s}.quarantine (
      key bytea NOT NULL, entry bytea NOT NULL, moved timestamptz NOT NULL
    );
    ${createWriteFunction(schema)}`
}

/** The parameters of the function, in order, with their types. */
export const writeParameters = [
  ['lock_timeout', 'integer'],
  ['shard', 'integer'],
  ['work', 'integer'],
  ['calls', 'integer[]'],
  ['keys', 'bytea[]'],
  ['previous', 'bytea[]'],
  ['entries', 'bytea[]'],
  ['due', 'bigint[]'],
  ['parts', 'integer[]'],
  ['record_groups', 'bytea[]'],
  ['record_since', 'bigint[]'],
  ['mark_groups', 'bytea[]'],
  ['mark_since', 'bigint[]'],
  ['record_bytes', 'integer[]'],
  ['authors', 'bytea[]'],
  ['damaged', 'boolean[]'],
  ['records', 'bigint[]'],
  ['bytes', 'bigint[]'],
  ['marks', 'bigint[]'],
  ['publications', 'bigint[]'],
  ['published_records', 'bigint[]'],
  ['published_bytes', 'bigint[]'],
  ['account_calls', 'integer[]'],
  ['account_names', 'bytea[]'],
  ['account_groups', 'boolean[]'],
  ['account_records', 'bigint[]'],
  ['account_bytes', 'bigint[]'],
  ['account_marks', 'bigint[]']
] as const

/** The bits of `work`: which statements are needed, as each one takes time. */
export const work = { insert: 1, update: 2, delete: 4, shrink: 8, quarantine: 16 } as const

/** The bits of `parts`. */
export const part = { record: 1, mark: 2, publication: 4 } as const

/**
 * Creates the function that applies the changes of several calls, each of them completely or not at all, and returns the
 * numbers of the calls that it refused. It locks in one order, so that two transactions do not wait for each other: existing
 * entries by key, one shard, new entries by key, accounts by name. An entry that another transaction inserts meanwhile is a
 * unique violation, which undoes everything.
 *
 * Each session plans the statements once, as planning takes longer than running them; the plans are kept while the table
 * grows, so none may read the whole table.
 */
function createWriteFunction(schema: string): string {
  const s = quoted(schema)
  return `
    CREATE FUNCTION ${s}.write_1(${writeParameters.map(([name, type]) => `in_${name} ${type}`).join(', ')})
    RETURNS SETOF integer LANGUAGE plpgsql
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $write$
    DECLARE
      refused integer[];
      number bigint;
      added bigint;
      removed bigint;
    BEGIN
      PERFORM set_config('lock_timeout', in_lock_timeout::text, true);
      PERFORM 1 FROM ${s}.entries e WHERE e.key = ANY (in_keys) ORDER BY e.key FOR UPDATE;
      SELECT coalesce(array_agg(DISTINCT i.call), ARRAY[]::integer[]) INTO refused
        FROM unnest(in_calls, in_keys, in_previous) AS i(call, key, previous)
        LEFT JOIN ${s}.entries e ON e.key = i.key
        WHERE e.entry IS DISTINCT FROM i.previous;
      IF cardinality(refused) = cardinality(in_records) THEN
        RETURN QUERY SELECT unnest(refused);
        RETURN;
      END IF;
      UPDATE ${s}.totals t SET
          change = t.change + 1, records = t.records + d.records, bytes = t.bytes + d.bytes, marks = t.marks + d.marks,
          publications = t.publications + d.publications, published_records = t.published_records + d.published_records,
          published_bytes = t.published_bytes + d.published_bytes
        FROM (
          SELECT sum(i.records)::bigint AS records, sum(i.bytes)::bigint AS bytes, sum(i.marks)::bigint AS marks,
            sum(i.publications)::bigint AS publications, sum(i.published_records)::bigint AS published_records,
            sum(i.published_bytes)::bigint AS published_bytes
          FROM unnest(in_records, in_bytes, in_marks, in_publications, in_published_records, in_published_bytes) WITH ORDINALITY
            AS i(records, bytes, marks, publications, published_records, published_bytes, call)
          WHERE i.call - 1 <> ALL (refused)
        ) d
        WHERE t.shard = in_shard RETURNING t.change INTO number;
      INSERT INTO ${s}.changes (shard, change, keys, written)
        SELECT in_shard, number, array_agg(i.key), clock_timestamp()
        FROM unnest(in_calls, in_keys) AS i(call, key) WHERE i.call <> ALL (refused);
      IF in_work & ${work.quarantine} <> 0 THEN
        INSERT INTO ${s}.quarantine (key, entry, moved)
          SELECT e.key, e.entry, clock_timestamp()
          FROM unnest(in_calls, in_keys, in_damaged) AS i(call, key, damaged) JOIN ${s}.entries e ON e.key = i.key
          WHERE i.damaged AND i.call <> ALL (refused);
      END IF;
      IF in_work & ${work.insert} <> 0 THEN
        INSERT INTO ${s}.entries
          SELECT i.key, i.entry, i.due, i.parts & ${part.record} <> 0, i.parts & ${part.mark} <> 0, i.parts & ${part.publication} <> 0,
            i.record_group, i.record_since, i.mark_group, i.mark_since, i.record_bytes, i.author
          FROM unnest(in_calls, in_keys, in_previous, in_entries, in_due, in_parts, in_record_groups, in_record_since, in_mark_groups, in_mark_since, in_record_bytes, in_authors)
            AS i(call, key, previous, entry, due, parts, record_group, record_since, mark_group, mark_since, record_bytes, author)
          WHERE i.previous IS NULL AND i.entry IS NOT NULL AND i.call <> ALL (refused)
          ORDER BY i.key;
      END IF;
      IF in_work & ${work.update} <> 0 THEN
        UPDATE ${s}.entries e SET
            entry = i.entry, due = i.due, has_record = i.parts & ${part.record} <> 0, has_mark = i.parts & ${part.mark} <> 0,
            has_publication = i.parts & ${part.publication} <> 0, record_group = i.record_group, record_since = i.record_since,
            mark_group = i.mark_group, mark_since = i.mark_since, record_bytes = i.record_bytes, author = i.author
          FROM unnest(in_calls, in_keys, in_previous, in_entries, in_due, in_parts, in_record_groups, in_record_since, in_mark_groups, in_mark_since, in_record_bytes, in_authors)
            AS i(call, key, previous, entry, due, parts, record_group, record_since, mark_group, mark_since, record_bytes, author)
          WHERE e.key = i.key AND i.previous IS NOT NULL AND i.entry IS NOT NULL AND i.call <> ALL (refused);
      END IF;
      IF in_work & ${work.delete} <> 0 THEN
        DELETE FROM ${s}.entries e USING unnest(in_calls, in_keys, in_previous, in_entries) AS i(call, key, previous, entry)
          WHERE e.key = i.key AND i.previous IS NOT NULL AND i.entry IS NULL AND i.call <> ALL (refused);
      END IF;
      IF cardinality(in_account_names) > 0 THEN
        WITH changed AS (
          INSERT INTO ${s}.accounts AS a (name, is_group, records, bytes, marks, writes)
            SELECT i.name, bool_or(i.is_group), sum(i.records)::bigint, sum(i.bytes)::bigint, sum(i.marks)::bigint, 1
            FROM unnest(in_account_calls, in_account_names, in_account_groups, in_account_records, in_account_bytes, in_account_marks)
              AS i(call, name, is_group, records, bytes, marks)
            WHERE i.call <> ALL (refused)
            GROUP BY i.name
            HAVING sum(i.records) <> 0 OR sum(i.bytes) <> 0 OR sum(i.marks) <> 0
            ORDER BY i.name
            ON CONFLICT (name) DO UPDATE SET
              records = a.records + excluded.records, bytes = a.bytes + excluded.bytes, marks = a.marks + excluded.marks,
              writes = a.writes + 1
            RETURNING a.is_group, a.writes
        ) SELECT count(*) INTO added FROM changed c WHERE c.is_group AND c.writes = 1;
        removed := 0;
        IF in_work & ${work.shrink} <> 0 THEN
          WITH emptied AS (
            DELETE FROM ${s}.accounts a WHERE a.name = ANY (in_account_names) AND a.records = 0 AND a.marks = 0 RETURNING a.is_group
          ) SELECT count(*) INTO removed FROM emptied e WHERE e.is_group;
        END IF;
        IF added <> removed THEN
          UPDATE ${s}.totals t SET groups = t.groups + added - removed WHERE t.shard = in_shard;
        END IF;
      END IF;
      RETURN QUERY SELECT unnest(refused);
    END $write$;`
}
