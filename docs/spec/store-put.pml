/*
 * A store's put, as packages/record-types does it: ranks, marks, expiry, crash, and two managers on one store that write
 * by comparing and setting (createStore). `npm run model` checks it; docs/spec/store-put.md says what of it is the code's.
 *
 * Without a define: one store, two managers, a clock. "No acknowledged record is replaced by an older one."
 * -DAGREE:          two stores that the same records reach in any order. "Nodes that have seen the same records agree."
 * -DTABLE:          prints every transition, for comparison with the code.
 *
 * Broken on purpose, to see that it is found: -DNO_MARK, -DNO_COMPARE, -DTORN; with -DAGREE also
 * -DSHORT_MARKS, -DEXPIRY_NOT_IN_RANK.
 */

#ifdef AGREE
#define END 6                      /* the last instant */
#else
#define END 4
#endif
#define NEVER 99

#if defined(AGREE) && !defined(SHORT_MARKS)
#define MARK_AGE 5                 /* longer than any record outlives a higher one */
#else
#define MARK_AGE 2
#endif

/* Records 1 to 4 in their order: by rank, then by value bytes. 2 and 3 have one rank: who signed both equivocates. */
#define RECORDS 4
#define RANK(r)    ((r) == 0 -> 0 : ((r) == 1 -> 1 : ((r) == 4 -> 3 : 2)))
#ifdef EXPIRY_NOT_IN_RANK
#define EXPIRES(r) ((r) == 1 -> END : ((r) == 2 -> 4 : ((r) == 3 -> 2 : NEVER)))
#else
#define EXPIRES(r) ((r) == 1 -> END : ((r) == 4 -> NEVER : END / 3))
#endif
#define LIVE(r, t) ((r) != 0 && (t) <= EXPIRES(r))
#define MAX(a, b)  ((a) > (b) -> (a) : (b))
/* the mark that a record leaves at t */
#define UNTIL(r, t) (EXPIRES(r) != NEVER && EXPIRES(r) > (t) + MARK_AGE -> EXPIRES(r) : (t) + MARK_AGE)

/* operations: put record 1 to 4, delete, sweep */
#define DELETE 5
#define SWEEP 6
#define OPERATIONS 6

/* What a store keeps under the key: a record or 0, a mark's rank or 0, and until when the mark is kept. */
typedef Entry { byte rec; byte mark; byte until };

/* The record leaves: `to` holds its mark, or the higher that there was, for the longer time. */
inline leave(from, to, t) {
  to.rec = 0;
#ifdef NO_MARK
  to.mark = from.mark; to.until = from.until;
#else
  to.mark = MAX(from.mark, RANK(from.rec));
  to.until = MAX(from.until, UNTIL(from.rec, t));
#endif
}

/* The transition: what `from` becomes by an operation decided at t. Written a second time in tools/checks/src/model/transition.ts. */
inline decide(from, op, t, to, past) {
  to.rec = from.rec; to.mark = from.mark; to.until = from.until;
  if
  :: op <= RECORDS ->
    /* an expired record that is still held is its own mark and nothing else */
    if
    :: from.rec != 0 -> leave(from, past, t)
    :: else -> past.mark = from.mark; past.until = from.until
    fi;
    if
    :: !LIVE(from.rec, t) && past.mark != 0 && past.until >= t && RANK(op) < past.mark -> skip
    :: LIVE(from.rec, t) && from.mark != 0 && from.until >= t && RANK(op) < from.mark -> skip
    :: else ->
      if
      :: LIVE(from.rec, t) && op <= from.rec -> skip   /* stale, or refreshed */
      :: else ->
        to.rec = op;
        /* a mark stays beside a record only when it has to outlive the record's own */
        if
        :: past.mark != 0 && past.until > UNTIL(op, t) -> to.mark = past.mark; to.until = past.until
        :: else -> to.mark = 0; to.until = 0
        fi
      fi
    fi
  :: op == DELETE ->
    if
    :: LIVE(from.rec, t) -> leave(from, to, t)
    :: else -> skip
    fi
  :: op == SWEEP ->
    if
    :: from.rec != 0 && !LIVE(from.rec, t) -> leave(from, to, t)
    :: else ->
      if
      :: from.mark != 0 && from.until < t -> to.mark = 0; to.until = 0
      :: else -> skip
      fi
    fi
  fi;
  past.rec = 0; past.mark = 0; past.until = 0
}

#ifdef TABLE

init {
  Entry from, to, past;
  byte op, t;
  for (t : 0 .. END) {
    for (op : 1 .. OPERATIONS) {
      byte rec, mark, until;
      for (rec : 0 .. RECORDS) {
        for (mark : 0 .. 3) {
          for (until : 0 .. END + MARK_AGE) {
            if
            :: mark == 0 && until > 0 -> skip
            :: else ->
              from.rec = rec; from.mark = mark; from.until = until;
              decide(from, op, t, to, past);
              printf("%d %d %d %d %d %d %d %d\n", rec, mark, until, t, op, to.rec, to.mark, to.until)
            fi
          }
        }
      }
    }
  }
}

#elif defined(AGREE)

byte now = 0;
Entry store[2];
byte seen[2];                      /* a bit for every record that was handed over while it was valid */

proctype Clock() {
  end: do
  :: atomic { now < END -> now++ }
  :: now == END -> break
  od
}

/* Takes what comes, again and again and in any order; a crash changes nothing, as a write is one step. */
proctype Node(byte i) {
  Entry to, past;
  byte op;
  end: do
  :: atomic {
      select(op : 1 .. RECORDS);
      if
      :: LIVE(op, now) ->
        decide(store[i], op, now, to, past);
        store[i].rec = to.rec; store[i].mark = to.mark; store[i].until = to.until;
        seen[i] = seen[i] | (1 << op);
        to.rec = 0; to.mark = 0; to.until = 0
      :: else -> skip
      fi;
      op = 0
    }
  :: atomic {
      decide(store[i], SWEEP, now, to, past);
      store[i].rec = to.rec; store[i].mark = to.mark; store[i].until = to.until;
      to.rec = 0; to.mark = 0; to.until = 0
    }
  od
}

#define VIEW(i) (LIVE(store[i].rec, now) -> store[i].rec : 0)

/* A reader who asks both at any time. */
proctype Reader() {
  end: do
  :: atomic { seen[0] == seen[1] && VIEW(0) != VIEW(1) -> assert(false) }
  od
}

init { atomic { run Clock(); run Node(0); run Node(1); run Reader() } }

#else

byte now = 0;
Entry store;
/* What has been promised of each record since it left: until then nothing of a lower rank comes in. Kept apart from marks. */
byte promised[5];

/* A write takes effect: what leaves is promised, what comes in must break no promise. */
inline effect(from, to, t) {
  d_step {
    if
    :: from.rec != 0 && to.rec != from.rec ->
      byte gone = (EXPIRES(from.rec) < t -> EXPIRES(from.rec) : t);
      promised[from.rec] = MAX(promised[from.rec],
        MAX((EXPIRES(from.rec) == NEVER -> 0 : EXPIRES(from.rec)), gone + MARK_AGE));
      gone = 0
    :: else -> skip
    fi;
    if
    :: to.rec != 0 && to.rec != from.rec ->
      byte other;
      for (other : 1 .. RECORDS) {
        assert(!(RANK(other) > RANK(to.rec) && promised[other] != 0 && promised[other] >= now));
        assert(!(other == store.rec && LIVE(other, now) && other > to.rec))
      }
      other = 0
    :: else -> skip
    fi;
    store.rec = to.rec; store.mark = to.mark; store.until = to.until
  }
}

proctype Clock() {
  end: do
  :: atomic { now < END -> now++ }
  :: now == END -> break
  od
}

#define SAME (store.rec == from.rec && store.mark == from.mark && store.until == from.until)

inline forget() {
  from.rec = 0; from.mark = 0; from.until = 0; to.rec = 0; to.mark = 0; to.until = 0; op = 0; t = 0
}

/*
 * Reads and decides in one step, as nothing of that can be seen; writes in another, if the entry is still what was read,
 * and begins again if not. May crash in between: nothing but the store outlives it. That a writer gives up after sixteen
 * attempts is covered by the crash. Assumed: a write follows its decision within one tick.
 */
proctype Manager() {
  Entry from, to, past;
  byte op, t;
  end: do
  :: atomic {
      select(op : 1 .. OPERATIONS);
      from.rec = store.rec; from.mark = store.mark; from.until = store.until;
      t = now
    };
    if
    :: atomic { forget() }                                /* a crash, or contended for too long */
#ifdef NO_COMPARE
    :: atomic { t == now -> decide(from, op, t, to, past); effect(from, to, t); forget() }
#elif defined(TORN)
    /* record and mark in two writes, the record first */
    :: atomic {
        t == now && SAME -> decide(from, op, t, to, past);
        byte mark = to.mark; byte until = to.until;
        to.mark = from.mark; to.until = from.until;
        effect(from, to, t);
        to.mark = mark; to.until = until; mark = 0; until = 0
      };
      if
      :: atomic { store.mark = to.mark; store.until = to.until; forget() }
      :: atomic { forget() }
      fi
#else
    :: atomic { t == now && SAME -> decide(from, op, t, to, past); effect(from, to, t); forget() }
#endif
    :: atomic { t != now || !SAME -> forget() }           /* reads again */
    fi
  od
}

init { atomic { run Clock(); run Manager(); run Manager() } }

#endif
