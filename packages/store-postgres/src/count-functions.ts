import { groupAccount } from '@recordkit/record-store'
import { noGroup } from '@recordkit/record-store/internal'
import { quoted } from './postgres-names.ts'

/** No plan may read a whole table: these are made while the tables are small. */
const plans = 'SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off'
/** Changes of a shard that are deleted at a time. */
const deletedChanges = 1000

/**
 * Creates the functions that count. `pending_1` returns the accounts that transactions have changed since they were added up,
 * with their sizes now; `totals_1` returns the totals now, and the number of these transactions. `fold_1` adds the changes up, and deletes those that are older than
 * `in_kept` seconds. It locks the totals by shard, then accounts by name; what another process adds up is left to it.
 */
export function createCountFunctions(schema: string): string {
  const s = quoted(schema)
  const isGroup = (name: string): string => `get_byte(${name}, 0) = ${groupAccount(noGroup)[0]}`
  const pending = `${s}.totals t JOIN ${s}.changes c ON c.shard = t.shard AND c.change > t.change`
  const folded = `unnest(shards, positions, newest) AS p(shard, position, newest)
          JOIN ${s}.changes c ON c.shard = p.shard AND c.change > p.position AND c.change <= p.newest`
  const columns = ['records', 'bytes', 'marks', 'publications', 'published_records', 'published_bytes']
  return `
    CREATE FUNCTION ${s}.pending_1() RETURNS TABLE (name bytea, is_group boolean, existed boolean, records bigint, bytes bigint, marks bigint)
    LANGUAGE sql STABLE ${plans} AS $pending$
      SELECT p.name, ${isGroup('p.name')}, p.account IS NOT NULL, p.records + coalesce(p.account[1], 0),
        p.bytes + coalesce(p.account[2], 0), p.marks + coalesce(p.account[3], 0)
      FROM (
        SELECT i.name, sum(i.records)::bigint AS records, sum(i.bytes)::bigint AS bytes, sum(i.marks)::bigint AS marks,
          (SELECT ARRAY[a.records, a.bytes, a.marks] FROM ${s}.accounts a WHERE a.name = i.name) AS account
        FROM ${pending}, unnest(c.names, c.records, c.bytes, c.marks) AS i(name, records, bytes, marks)
        WHERE t.shard >= 0 GROUP BY i.name
      ) p
    $pending$;
    CREATE FUNCTION ${s}.totals_1()
    RETURNS TABLE (${columns.map((column) => `${column} bigint`).join(', ')}, groups bigint, pending bigint)
    LANGUAGE sql STABLE ${plans} AS $totals$
      SELECT ${columns.map((column, index) => `(t.${column} + coalesce(d.totals[${index + 1}], 0))::bigint`).join(', ')}, t.groups + g.groups, d.pending
      FROM (
        SELECT ${columns.map((column) => `sum(t.${column}) AS ${column}`).join(', ')}, sum(t.groups)::bigint AS groups
        FROM ${s}.totals t WHERE t.shard >= 0
      ) t, (
        SELECT ARRAY[${columns.map((_, index) => `sum(c.totals[${index + 1}])`).join(', ')}] AS totals, count(*) AS pending FROM ${pending} WHERE t.shard >= 0
      ) d, (
        SELECT count(*) FILTER (WHERE p.records <> 0 OR p.marks <> 0) - count(*) FILTER (WHERE p.existed) AS groups
        FROM ${s}.pending_1() p WHERE p.is_group
      ) g
    $totals$;
    CREATE FUNCTION ${s}.fold_1(in_kept float8) RETURNS void LANGUAGE plpgsql ${plans} AS $fold$
    DECLARE
      shards integer[];
      positions bigint[];
      newest bigint[];
      added bigint;
      removed bigint;
      touched bytea[];
      old bigint[];
      since timestamptz := clock_timestamp() - in_kept * interval '1 second';
    BEGIN
      SELECT array_agg(l.shard), array_agg(l.change) INTO shards, positions FROM (
        SELECT t.shard, t.change FROM ${s}.totals t WHERE t.shard >= 0 ORDER BY t.shard FOR UPDATE SKIP LOCKED
      ) l;
      IF shards IS NULL THEN
        RETURN;
      END IF;
      newest := ARRAY(
        SELECT coalesce((SELECT c.change FROM ${s}.changes c WHERE c.shard = p.shard ORDER BY c.change DESC LIMIT 1), p.position)
        FROM unnest(shards, positions) WITH ORDINALITY AS p(shard, position, number) ORDER BY p.number
      );
      WITH changed AS (
        INSERT INTO ${s}.accounts AS a (name, is_group, records, bytes, marks, writes)
          SELECT i.name, ${isGroup('i.name')}, sum(i.records)::bigint, sum(i.bytes)::bigint, sum(i.marks)::bigint, 1
          FROM ${folded}, unnest(c.names, c.records, c.bytes, c.marks) AS i(name, records, bytes, marks)
          GROUP BY i.name HAVING sum(i.records) <> 0 OR sum(i.bytes) <> 0 OR sum(i.marks) <> 0
          ORDER BY i.name
          ON CONFLICT (name) DO UPDATE SET
            records = a.records + excluded.records, bytes = a.bytes + excluded.bytes, marks = a.marks + excluded.marks,
            writes = a.writes + 1
          RETURNING a.name, a.is_group, a.writes
      ) SELECT array_agg(c.name), count(*) FILTER (WHERE c.is_group AND c.writes = 1) INTO touched, added FROM changed c;
      WITH emptied AS (
        DELETE FROM ${s}.accounts a WHERE a.name = ANY (touched) AND a.records = 0 AND a.marks = 0 RETURNING a.is_group
      ) SELECT count(*) FILTER (WHERE e.is_group) INTO removed FROM emptied e;
      UPDATE ${s}.totals t SET change = d.change,
          ${columns.map((column, index) => `${column} = t.${column} + d.totals[${index + 1}]`).join(', ')}
        FROM (
          SELECT c.shard, max(c.change) AS change, ARRAY[${columns.map((_, index) => `sum(c.totals[${index + 1}])::bigint`).join(', ')}] AS totals
          FROM ${folded} GROUP BY c.shard
        ) d WHERE t.shard = d.shard;
      IF added <> removed THEN
        UPDATE ${s}.totals t SET groups = t.groups + added - removed WHERE t.shard = shards[1];
      END IF;
      IF in_kept IS NOT NULL THEN
        old := ARRAY(
          SELECT CASE WHEN (SELECT c.written FROM ${s}.changes c WHERE c.shard = p.shard ORDER BY c.change LIMIT 1) < since THEN
            (SELECT max(o.change) FROM (
              SELECT c.change, c.written FROM ${s}.changes c WHERE c.shard = p.shard AND c.change <= p.newest
              ORDER BY c.change LIMIT ${deletedChanges}
            ) o WHERE o.written < since)
          END
          FROM unnest(shards, newest) WITH ORDINALITY AS p(shard, newest, number) ORDER BY p.number
        );
        DELETE FROM ${s}.changes c USING unnest(shards, old) AS p(shard, change) WHERE c.shard = p.shard AND c.change <= p.change;
      END IF;
    END $fold$;`
}
