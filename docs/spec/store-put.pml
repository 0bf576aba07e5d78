/*
 * A store's put, as packages/record-store does it: ranks, marks, publications, expiry, crash, conditional puts, and two
 * managers on one store that write by comparing and setting (createStore). `npm run model` checks it; docs/spec/store-put.md describes it.
 *
 * Without a define: one store, two managers, a clock. "No acknowledged record is replaced by an older one."
 * -DPUBLICATIONS:   the same with fewer records, and publications. "A touch never creates an entry."
 * -DAGREE:          two stores that the same records reach in any order. "Nodes that have seen the same records agree."
 * -DTABLE:          prints every transition, for comparison with the code.
 *
 * Broken on purpose; the checker must find an error: -DNO_MARK, -DNO_COMPARE, -DTORN; with -DAGREE also
 * -DSHORT_MARKS, -DNO_IDENTITY; without it -DNO_CONDITION; with
 * -DPUBLICATIONS -DTOUCH_CREATES.
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

/*
 * Records 1 to 4 in the order of their ranks. A rank ends with the identity of the record, so that no two are equal: 2 and 3
 * have one sequence and one expiry, as when two managers sign at the same time.
 */
#define RECORDS 4
#ifdef NO_IDENTITY
#define RANK(r)    ((r) == 0 -> 0 : ((r) == 1 -> 1 : ((r) == 4 -> 4 : 2)))
#else
#define RANK(r)    (r)
#endif
#ifdef NO_IDENTITY
#define EXPIRES(r) ((r) == 1 -> END : ((r) == 2 -> 4 : ((r) == 3 -> 2 : NEVER)))
#else
#define EXPIRES(r) ((r) == 1 -> END : ((r) == 4 -> NEVER : END / 3))
#endif
#define LIVE(r, t) ((r) != 0 && (t) <= EXPIRES(r))
#define MAX(a, b)  ((a) > (b) -> (a) : (b))
/* the mark that a record leaves at t */
#define UNTIL(r, t) (EXPIRES(r) != NEVER && EXPIRES(r) > (t) + MARK_AGE -> EXPIRES(r) : (t) + MARK_AGE)

/*
 * Operations: put record 1 to 4, delete, sweep, touch (sets the publication of an entry that has a valid record or a
 * publication), and from 8 on put record r on condition that record c is stored, or that no valid one is (c = 0).
 */
#define DELETE 5
#define SWEEP 6
#define TOUCH 7
#define IF 8
#define PUT_IF(r, c) (IF + 5 * ((r) - 1) + (c))
#define OPERATIONS 27
#define IS_PUT(op)     ((op) <= RECORDS || (op) >= IF)
#define RECORD(op)     ((op) < IF -> (op) : 1 + ((op) - IF) / 5)
#define CONDITION(op)  (((op) - IF) % 5)

/* What a store keeps under the key: a record or 0, a mark's rank or 0, until when the mark is kept, and a publication or none. */
typedef Entry { byte rec; byte mark; byte until; byte pub };

/* The record leaves: `to` contains its mark, or the higher one that existed, until the later of their times. */
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
  to.rec = from.rec; to.mark = from.mark; to.until = from.until; to.pub = from.pub;
  if
  :: IS_PUT(op) ->
    /* an expired record that is still stored counts as its own mark only */
    if
    :: from.rec != 0 -> leave(from, past, t)
    :: else -> past.mark = from.mark; past.until = from.until
    fi;
    if
    :: LIVE(from.rec, t) && RECORD(op) == from.rec -> skip                             /* refreshed, whatever the condition */
#ifndef NO_CONDITION
    :: op >= IF && CONDITION(op) != (LIVE(from.rec, t) -> from.rec : 0) -> skip       /* conflict */
#endif
    :: else ->
      if
      :: !LIVE(from.rec, t) && past.mark != 0 && past.until >= t && RANK(RECORD(op)) < past.mark -> skip
      :: LIVE(from.rec, t) && from.mark != 0 && from.until >= t && RANK(RECORD(op)) < from.mark -> skip
      :: LIVE(from.rec, t) && RECORD(op) < from.rec -> skip                            /* stale */
      :: else ->
        to.rec = RECORD(op);
        /* a mark stays with a record only when it has to outlive the record's own */
        if
        :: past.mark != 0 && past.until > UNTIL(RECORD(op), t) -> to.mark = past.mark; to.until = past.until
        :: else -> to.mark = 0; to.until = 0
        fi
      fi
    fi
  :: op == DELETE ->
    if
    :: (LIVE(from.rec, t) || from.pub == 1) && from.rec != 0 -> leave(from, to, t); to.pub = 0
    :: from.rec == 0 && from.pub == 1 -> to.pub = 0
    :: else -> skip
    fi
  :: op == TOUCH ->
    if
#ifdef TOUCH_CREATES
    :: to.pub = 1
#else
    :: LIVE(from.rec, t) || from.pub == 1 -> to.pub = 1
    :: else -> skip
#endif
    fi
  :: op == SWEEP ->
    if
    :: from.rec != 0 && !LIVE(from.rec, t) && from.pub == 0 -> leave(from, to, t)
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
      byte rec, mark, until, pub;
      for (rec : 0 .. RECORDS) {
        for (mark : 0 .. RECORDS) {
          for (until : 0 .. END + MARK_AGE) {
            for (pub : 0 .. 1) {
              if
              :: mark == 0 && until > 0 -> skip
              :: else ->
                from.rec = rec; from.mark = mark; from.until = until; from.pub = pub;
                decide(from, op, t, to, past);
                printf("%d %d %d %d %d %d %d %d %d %d\n", rec, mark, until, pub, t, op, to.rec, to.mark, to.until, to.pub)
              fi
            }
          }
        }
      }
    }
  }
}

#elif defined(AGREE)

byte now = 0;
Entry store[2];
byte seen[2];                      /* a bit for every record that was put while it was valid */

proctype Clock() {
  end: do
  :: atomic { now < END -> now++ }
  :: now == END -> break
  od
}

/* Puts all records repeatedly, in any order; a crash changes nothing, as a write is one step. */
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

/* A reader that compares both at any time. */
proctype Reader() {
  end: do
  :: atomic { seen[0] == seen[1] && VIEW(0) != VIEW(1) -> assert(false) }
  od
}

init { atomic { run Clock(); run Node(0); run Node(1); run Reader() } }

#else

byte now = 0;
Entry store;
/* For each record that left: the time until which no record of a lower rank may be written. Separate from the marks. */
byte promised[5];

/*
 * A write takes effect: a record that leaves adds a promise, and a new record must not violate one. A conditional put replaces only the
 * record of its condition, and a touch changes only an entry that has a valid record or a publication.
 */
inline effect(from, op, to, t) {
  d_step {
    assert(!(op >= IF && to.rec != from.rec && CONDITION(op) != (LIVE(store.rec, now) -> store.rec : 0)));
    assert(!(op == TOUCH && to.pub == 1 && store.pub == 0 && !LIVE(store.rec, now)));
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
    store.rec = to.rec; store.mark = to.mark; store.until = to.until; store.pub = to.pub
  }
}

proctype Clock() {
  end: do
  :: atomic { now < END -> now++ }
  :: now == END -> break
  od
}

#define SAME (store.rec == from.rec && store.mark == from.mark && store.until == from.until && store.pub == from.pub)

inline forget() {
  from.rec = 0; from.mark = 0; from.until = 0; from.pub = 0;
  to.rec = 0; to.mark = 0; to.until = 0; to.pub = 0; op = 0; t = 0
}

/*
 * Reads and decides in one step, because no other process can observe it; writes in another step if the entry has not changed,
 * and starts again otherwise. It may crash in between: only the store survives. That a writer gives up after sixteen
 * attempts is covered by the crash. A write whose result is unknown is repeated with the same record and condition, which
 * is covered because any manager may repeat any operation. Assumed: a write follows its decision within one tick.
 */
proctype Manager() {
  Entry from, to, past;
  byte op, t;
  end: do
  :: atomic {
      if
#ifdef PUBLICATIONS
      :: select(op : 2 .. 3)
      :: op = TOUCH
#else
      :: select(op : 1 .. RECORDS)
      :: op = PUT_IF(2, 1)
      :: op = PUT_IF(3, 1)
#endif
      :: select(op : DELETE .. SWEEP)
      fi;
      from.rec = store.rec; from.mark = store.mark; from.until = store.until; from.pub = store.pub;
      t = now
    };
    if
    :: atomic { forget() }                                /* a crash, or contended for too long */
#ifdef NO_COMPARE
    :: atomic { t == now -> decide(from, op, t, to, past); effect(from, op, to, t); forget() }
#elif defined(TORN)
    /* record and mark in two writes, the record first */
    :: atomic {
        t == now && SAME -> decide(from, op, t, to, past);
        byte mark = to.mark; byte until = to.until;
        to.mark = from.mark; to.until = from.until;
        effect(from, op, to, t);
        to.mark = mark; to.until = until; mark = 0; until = 0
      };
      if
      :: atomic { store.mark = to.mark; store.until = to.until; forget() }
      :: atomic { forget() }
      fi
#else
    :: atomic { t == now && SAME -> decide(from, op, t, to, past); effect(from, op, to, t); forget() }
#endif
    :: atomic { t != now || !SAME -> forget() }           /* reads again */
    fi
  od
}

init { atomic { run Clock(); run Manager(); run Manager() } }

#endif
