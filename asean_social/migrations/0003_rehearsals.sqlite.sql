create table rehearsal (           -- what was tried on an account; each step is written before its request is sent
  id integer primary key autoincrement,
  account text not null,           -- platform/name
  kind text not null,              -- hidden: made, read, removed unseen · release: shown for some seconds
  marker text not null,            -- its text or title, by which it is found again
  began_at text not null,
  touched_at text not null,        -- of the last step: younger than a lease, somebody is at it
  step text not null,              -- staging releasing shown removing left
  pieces text not null default '[]', -- JSON, name and value of each
  verdict text not null default '', -- '' not known · works · refuted
  reason text not null default '', -- message code
  ended_at text                    -- nothing of it is left on the account
);
